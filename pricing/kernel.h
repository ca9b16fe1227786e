/* Everything _kernel.pyx calls. */
#ifndef GEX_KERNEL_H
#define GEX_KERNEL_H

#include "direct.h"
#include "robust.h"

#endif
