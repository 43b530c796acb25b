/** {@code web-search}: what search engines find is put before the model, and its answer says where from. */
@NullMarked
package dev.sluice.plugins.websearch;

import org.jspecify.annotations.NullMarked;
