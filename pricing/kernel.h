/* Everything _kernel.pyx calls. */
#ifndef GEX_KERNEL_H
#define GEX_KERNEL_H

#include "robust.h"
#include "sums.h"

#endif
