#ifndef GCX_CARCHIVE_SHIM_H
#define GCX_CARCHIVE_SHIM_H
#include <archive.h>
#include <archive_entry.h>
#endif
