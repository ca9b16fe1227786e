/* The 0DTE maps under a pointer. */
