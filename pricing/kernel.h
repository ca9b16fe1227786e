/* Everything _kernel.pyx calls. */
#ifndef GEX_KERNEL_H
#define GEX_KERNEL_H

#include "deltas.h"
#include "profile.h"
#include "robust.h"
#include "sloped.h"

#endif
