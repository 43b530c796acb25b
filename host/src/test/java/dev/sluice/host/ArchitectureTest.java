package dev.sluice.host;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.sluice", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule CONFIG_AND_PLUGINS_KNOW_NOTHING_OF_TRAFFIC = noClasses()
            .that()
            .resideInAnyPackage("dev.sluice.host.config..", "dev.sluice.host.plugin..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "dev.sluice.host.exchange..",
                    "dev.sluice.host.route..",
                    "dev.sluice.host.upstream..",
                    "dev.sluice.host.framing..",
                    "dev.sluice.host.admin..",
                    "dev.sluice.host.cli..",
                    "io.vertx..");

    @ArchTest
    static final ArchRule THE_API_KNOWS_NEITHER_HOST_NOR_VERTX = noClasses()
            .that()
            .resideInAPackage("dev.sluice.api..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.sluice.host..", "io.vertx..", "io.netty..");

    @ArchTest
    static final ArchRule THE_HOST_KNOWS_NO_PLUGIN = noClasses()
            .that()
            .resideInAPackage("dev.sluice.host..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.sluice.plugins..", "dev.sluice.testkit..");

    @ArchTest
    static final ArchRule PACKAGES_OF_THE_HOST_FORM_NO_CYCLES =
            slices().matching("dev.sluice.host.(*)..").should().beFreeOfCycles();
}
