/* Everything _kernel.pyx calls. */
#ifndef GEX_KERNEL_H
#define GEX_KERNEL_H

#include "groups.h"
#include "parity.h"
#include "sums.h"

#endif
