/* Everything _cash.pyx calls. */
#ifndef GEX_CASH_H
#define GEX_CASH_H

#include "cash_implied.h"
#include "cash_profile.h"
#include "cash_rows.h"

#endif
