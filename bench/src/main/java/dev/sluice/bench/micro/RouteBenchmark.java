package dev.sluice.bench.micro;

import dev.sluice.api.Headers;
import dev.sluice.host.config.Config.Match;
import dev.sluice.host.config.Config.RouteConfig;
import dev.sluice.host.config.Config.Timeouts;
import dev.sluice.host.route.Chain;
import dev.sluice.host.route.Route;
import dev.sluice.host.route.RouteQuery;
import dev.sluice.host.route.RouteTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Finding a request's route among few and among many; the one found is the last. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RouteBenchmark {

    /** How many routes there are. */
    @Param({"10", "10000"})
    int routes;

    private RouteTable byPath = new RouteTable(List.of());
    private RouteTable byModel = new RouteTable(List.of());
    private RouteTable byModelGlob = new RouteTable(List.of());
    private RouteQuery pathQuery = query("/");
    private final RouteQuery modelQuery = query("/v1/chat/completions");
    private String model = "";

    /** The tables: one route for each path, each model, each family of models. */
    @Setup
    public void tables() {
        List<Route> paths = new ArrayList<>();
        List<Route> models = new ArrayList<>();
        List<Route> globs = new ArrayList<>();
        for (int i = 0; i < routes; i++) {
            paths.add(route(i, "/tenant-" + i + "/**", List.of()));
            models.add(route(i, "/v1/**", List.of("model-" + i)));
            globs.add(route(i, "/v1/**", List.of("model-" + i + "*")));
        }
        byPath = new RouteTable(paths);
        byModel = new RouteTable(models);
        byModelGlob = new RouteTable(globs);
        pathQuery = query("/tenant-" + (routes - 1) + "/v1/chat/completions");
        model = "model-" + (routes - 1);
    }

    private static Route route(int order, String path, List<String> models) {
        Match match = new Match(path, models, List.of(), List.of(), Map.of());
        RouteConfig config =
                new RouteConfig("r" + order, match, Timeouts.NONE, 1, null, false, List.of(), "routes[" + order + "]");
        return new Route(order, config, new Chain(List.of()));
    }

    private static RouteQuery query(String path) {
        return new RouteQuery("localhost", path, "POST", new NoHeaders());
    }

    /** Told apart by path. */
    @Benchmark
    public RouteQuery.Answer path() {
        return byPath.find(pathQuery);
    }

    /** Told apart by model; asked once without it, as a request is. */
    @Benchmark
    public RouteQuery.Answer model() {
        byModel.find(modelQuery);
        return byModel.find(modelQuery, model);
    }

    /** Told apart by globs over the model. */
    @Benchmark
    public RouteQuery.Answer modelGlob() {
        byModelGlob.find(modelQuery);
        return byModelGlob.find(modelQuery, model);
    }

    private static final class NoHeaders implements Headers {
        @Override
        public @Nullable String get(String name) {
            return null;
        }

        @Override
        public List<String> all(String name) {
            return List.of();
        }

        @Override
        public void set(String name, String value) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void add(String name, String value) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void remove(String name) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Set<String> names() {
            return Set.of();
        }
    }
}
