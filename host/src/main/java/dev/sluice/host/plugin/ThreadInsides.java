package dev.sluice.host.plugin;

import java.lang.ref.Reference;
import java.lang.reflect.Field;
import java.security.AccessControlContext;
import java.security.AccessController;
import java.security.PrivilegedAction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the JDK keeps private about threads: their tasks, thread locals, where they were created, and the shutdown hooks.
 * Whatever cannot be read, as java.lang is not open or the field is another JDK's, reads as if it were not there.
 */
final class ThreadInsides {
    private final @Nullable Field target;
    private final @Nullable Field holder;
    private final @Nullable Field task;
    private final List<Field> maps;
    private final @Nullable Field table;
    private final @Nullable Field value;
    private final @Nullable Field context;
    private final @Nullable Field hooks;

    private final Predicate<Field> open;

    ThreadInsides() {
        this(Field::trySetAccessible);
    }

    /** The same, with another way to make a field readable, which tells whether it is. */
    ThreadInsides(Predicate<Field> open) {
        this.open = open;
        target = field("java.lang.Thread", "target");
        holder = field("java.lang.Thread", "holder");
        task = field("java.lang.Thread$FieldHolder", "task");
        maps = Stream.of("threadLocals", "inheritableThreadLocals")
                .flatMap(name -> Stream.ofNullable(field("java.lang.Thread", name)))
                .toList();
        table = field("java.lang.ThreadLocal$ThreadLocalMap", "table");
        value = field("java.lang.ThreadLocal$ThreadLocalMap$Entry", "value");
        context = field("java.lang.Thread", "inheritedAccessControlContext");
        hooks = field("java.lang.ApplicationShutdownHooks", "hooks");
    }

    private @Nullable Field field(String type, String name) {
        try {
            Field field = Class.forName(type).getDeclaredField(name);
            return open.test(field) ? field : null;
        } catch (ReflectiveOperationException ofAnotherJdk) {
            return null;
        }
    }

    /** A field's value; null where there is no such field or nothing to read it of. */
    private static @Nullable Object read(@Nullable Field field, @Nullable Object object) {
        if (field == null || object == null) {
            return null;
        }
        try {
            return field.get(object);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(field + " was made readable and is not", e);
        }
    }

    /** What a thread was made to run; null if it was made without, or has ended. */
    @Nullable
    Object task(Thread thread) {
        return target == null ? read(task, read(holder, thread)) : read(target, thread);
    }

    /** A thread local that is set; the local is null once it was collected itself. */
    record Local(@Nullable Object local, Object value) {}

    /** The thread locals that are set on a thread, which may be running. */
    List<Local> locals(Thread thread) {
        List<Local> locals = new ArrayList<>();
        for (Field map : maps) {
            if (read(table, read(map, thread)) instanceof Object[] entries) {
                for (Object entry : entries) {
                    Object held = read(value, entry);
                    if (held != null) {
                        locals.add(new Local(((Reference<?>) entry).get(), held));
                    }
                }
            }
        }
        return locals;
    }

    /** Whether a class of the loader was on the stack when the thread was created, which before Java 24 pins it. */
    boolean createdBy(ClassLoader loader, Thread thread) {
        Object inherited = read(context, thread);
        return inherited != null && CreationContext.names(loader, inherited);
    }

    /** The shutdown hooks that are not yet running. */
    List<Thread> shutdownHooks() {
        if (hooks == null) {
            return List.of();
        }
        synchronized (hooks.getDeclaringClass()) {
            // The field is static: what it is read of does not matter.
            return read(hooks, this) instanceof Map<?, ?> registered
                    ? registered.keySet().stream().map(Thread.class::cast).toList()
                    : List.of();
        }
    }

    /** Apart, so that a JDK that has these types no more is not asked for them. */
    @SuppressWarnings("removal")
    private static final class CreationContext {
        private CreationContext() {}

        static boolean names(ClassLoader loader, Object context) {
            if (!(context instanceof AccessControlContext inherited)) {
                return false;
            }
            boolean[] found = new boolean[1];
            // A combiner is shown the domains of the context it came with; there is no getter.
            AccessControlContext shown = new AccessControlContext(inherited, (current, assigned) -> {
                found[0] |= assigned != null
                        && Arrays.stream(assigned).anyMatch(domain -> domain.getClassLoader() == loader);
                return assigned;
            });
            AccessController.doPrivileged((PrivilegedAction<AccessControlContext>) AccessController::getContext, shown);
            return found[0];
        }
    }
}
