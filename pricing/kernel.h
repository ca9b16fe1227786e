/* Everything _kernel.pyx calls. */
#ifndef GEX_KERNEL_H
#define GEX_KERNEL_H

#include "greeks.h"
#include "higher.h"
#include "implied.h"
#include "robust.h"
#include "sums.h"

#endif
