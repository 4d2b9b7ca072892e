/* hwloc as it is: the calls this project makes are all importable. */
#pragma once
#include <hwloc.h>
#include <hwloc/cpukinds.h>
