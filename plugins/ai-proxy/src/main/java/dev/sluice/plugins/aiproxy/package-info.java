/** The filter that knows providers: it picks the target, shapes the request for it, and reads its answer. */
@NullMarked
package dev.sluice.plugins.aiproxy;

import org.jspecify.annotations.NullMarked;
