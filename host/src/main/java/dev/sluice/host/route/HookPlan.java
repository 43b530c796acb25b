package dev.sluice.host.route;

import dev.sluice.api.Filter;
import java.util.Arrays;

/** Which filters of a chain have which hooks, for one combination of filter classes. Immutable, shared by exchanges. */
public final class HookPlan {
    /** The plan of no filters. */
    public static final HookPlan NONE = new HookPlan(new Filter[0]);

    private final Class<?>[] classes;
    private final int[] masks;
    private final int union;

    HookPlan(Filter[] filters) {
        classes = new Class<?>[filters.length];
        masks = new int[filters.length];
        int all = 0;
        for (int i = 0; i < filters.length; i++) {
            classes[i] = filters[i].getClass();
            masks[i] = HookMasks.of(filters[i].getClass());
            all |= masks[i];
        }
        union = all;
    }

    boolean fits(Filter[] filters) {
        for (int i = 0; i < filters.length; i++) {
            if (filters[i].getClass() != classes[i]) {
                return false;
            }
        }
        return true;
    }

    /** The hooks of each filter, in list order; not to be changed. */
    public int[] masks() {
        return masks;
    }

    /** Whether any filter has any of these hooks. */
    public boolean any(int hooks) {
        return (union & hooks) != 0;
    }

    @Override
    public String toString() {
        return Arrays.toString(masks);
    }
}
