/* Everything _rows.pyx calls. */
#ifndef GEX_ROWS_H
#define GEX_ROWS_H

#include "greeks.h"
#include "higher.h"
#include "implied.h"

#endif
