/* Everything _american.pyx calls. */
#ifndef GEX_AMERICAN_H
#define GEX_AMERICAN_H

#include "american_early.h"
#include "american_implied.h"
#include "american_profile.h"
#include "american_value.h"

#endif
