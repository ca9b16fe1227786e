/* Everything _cash.pyx calls. */
#ifndef GEX_CASH_H
#define GEX_CASH_H

#include "cash_rows.h"

#endif
