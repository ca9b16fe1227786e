/* Gamma by strike beside its profile, with zoom and toggles. */
