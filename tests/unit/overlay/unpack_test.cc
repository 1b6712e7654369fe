// SPDX-License-Identifier: Apache-2.0
#include "overlay/unpack.h"

#include <doctest/doctest.h>

#include "support/temp_tree.h"

TEST_CASE("placeholder of the file that follows") {}
