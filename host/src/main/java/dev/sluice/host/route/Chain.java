package dev.sluice.host.route;

import dev.sluice.api.Exchange;
import dev.sluice.api.Filter;
import dev.sluice.api.FilterFactory;
import dev.sluice.host.plugin.PluginGeneration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The filters of one route, opened, in list order: global ones first. Immutable but for a cache of hook plans. */
public final class Chain {

    /**
     * One filter in its place.
     *
     * @param name as written in a route
     * @param generation the jar it came from
     * @param skipOnError whether an exception lets the exchange go on without it
     * @param mediaTypes bodies it wants beyond JSON, as globs
     */
    public record Entry(
            String name,
            FilterFactory factory,
            PluginGeneration generation,
            boolean skipOnError,
            List<String> mediaTypes) {

        /** How errors and logs name it: the filter and its plugin. */
        public String blame() {
            return generation.id().equals(name) ? name : name + " of plugin " + generation.id();
        }
    }

    private static final Filter[] NONE = new Filter[0];

    private final Entry[] entries;
    private final String[] names;
    private final boolean[] skippable;
    private final boolean[] wantsAnyBody;
    private final boolean skipsOnError;
    private volatile @Nullable HookPlan lastPlan;

    /** A chain of these filters. */
    public Chain(List<Entry> entries) {
        this.entries = entries.toArray(new Entry[0]);
        int n = this.entries.length;
        names = new String[n];
        skippable = new boolean[n];
        wantsAnyBody = new boolean[n];
        boolean skips = false;
        for (int i = 0; i < n; i++) {
            names[i] = this.entries[i].blame();
            skippable[i] = this.entries[i].skipOnError();
            wantsAnyBody[i] = !this.entries[i].mediaTypes().isEmpty();
            skips |= skippable[i];
        }
        skipsOnError = skips;
    }

    /** How many filters there are. */
    public int size() {
        return entries.length;
    }

    /** The filter at that place. */
    public Entry entry(int index) {
        return entries[index];
    }

    /** How errors and logs name each filter; not to be changed. */
    public String[] names() {
        return names;
    }

    /** Whether an exception of any filter lets the exchange go on without it. */
    public boolean skipsOnError() {
        return skipsOnError;
    }

    /** Which filters those are; not to be changed. */
    public boolean[] skippable() {
        return skippable;
    }

    /** Which filters want bodies that are not JSON; not to be changed. */
    public boolean[] wantsAnyBody() {
        return wantsAnyBody;
    }

    /** Whether some filter wants bodies of that content type though they are not JSON. */
    public boolean wantsMedia(@Nullable String contentType) {
        for (int i = 0; i < entries.length; i++) {
            if (wantsMedia(i, contentType)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the filter at that place does. */
    public boolean wantsMedia(int index, @Nullable String contentType) {
        if (contentType == null || !wantsAnyBody[index]) {
            return false;
        }
        int end = contentType.indexOf(';');
        String type =
                (end < 0 ? contentType : contentType.substring(0, end)).trim().toLowerCase(Locale.ROOT);
        return entries[index].mediaTypes().stream().anyMatch(glob -> Glob.matches(glob, type));
    }

    /** The filters after that place, as a chain of their own. */
    public Chain after(int index) {
        return new Chain(List.of(entries).subList(index + 1, entries.length));
    }

    /** An empty array to be filled with this exchange's filters. */
    public Filter[] newArray() {
        return entries.length == 0 ? NONE : new Filter[entries.length];
    }

    /** Makes the filter at that place for one exchange. */
    public Filter newFilter(int index, Exchange exchange) {
        Filter filter = entries[index].factory().newFilter(exchange);
        if (filter == null) {
            throw new IllegalStateException("newFilter returned null; return Filter.PASS to do nothing");
        }
        return filter;
    }

    /** The hook plan of these filters; almost always the one of the exchange before. */
    public HookPlan plan(Filter[] filters) {
        HookPlan plan = lastPlan;
        if (plan == null || !plan.fits(filters)) {
            plan = new HookPlan(filters);
            lastPlan = plan;
        }
        return plan;
    }
}
