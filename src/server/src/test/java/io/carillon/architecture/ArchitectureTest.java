package io.carillon.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import jakarta.annotation.Resource;
import jakarta.inject.Inject;
import jakarta.persistence.PersistenceContext;

/** How the server's packages may lean on each other and on what lies outside. */
@AnalyzeClasses(
        packages = "io.carillon",
        importOptions = {ImportOption.DoNotIncludeTests.class, ArchitectureTest.WithoutStores.class})
class ArchitectureTest {

    /** The embedded stores are another module, and only tests here have them. */
    static final class WithoutStores implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/io/carillon/stores/");
        }
    }

    @ArchTest
    static final ArchRule onlyDialectsKnowDialects = noClasses()
            .that()
            .resideOutsideOfPackages("io.carillon.dialect..", "io.carillon.console..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.carillon.dialect..");

    @ArchTest
    static final ArchRule platformKnowsNothingOfTheDomain = noClasses()
            .that()
            .resideInAPackage("io.carillon.platform..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.carillon.queue..",
                    "io.carillon.task..",
                    "io.carillon.callback..",
                    "io.carillon.channel..",
                    "io.carillon.stream..",
                    "io.carillon.instance..",
                    "io.carillon.batch..",
                    "io.carillon.file..");

    @ArchTest
    static final ArchRule noPackagesGoInCircles =
            slices().matching("io.carillon.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule noApplicationServersOwnApi = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.glassfish..",
                    "com.sun..",
                    "fish.payara..",
                    "org.jboss..",
                    "org.wildfly..",
                    "weblogic..",
                    "com.ibm..",
                    "org.apache.tomee..");

    @ArchTest
    static final ArchRule redisIsSpokenToByFew = noClasses()
            .that()
            .resideOutsideOfPackages("io.carillon.platform..", "io.carillon.stream..", "io.carillon.instance..")
            .and()
            .doNotHaveFullyQualifiedName("io.carillon.task.Window")
            .and()
            .doNotHaveFullyQualifiedName("io.carillon.task.LongTakes")
            .and()
            .doNotHaveFullyQualifiedName("io.carillon.task.TaskBeans")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.redisson..");

    @ArchTest
    static final ArchRule noStandardStreams = NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

    /** What writes a log does so by slf4j; only the log's own form is a matter of the logger below it. */
    @ArchTest
    static final ArchRule noJavaLogging = noClasses()
            .that()
            .resideOutsideOfPackage("io.carillon.platform.log..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.util.logging..");

    @ArchTest
    static final ArchRule nobodyStartsThreads = noClasses()
            .should()
            .callConstructor(Thread.class)
            .orShould()
            .callConstructor(Thread.class, Runnable.class)
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.util.concurrent.Executors");

    /** What thinks gets what it needs by its constructor, so that a test can build it. */
    @ArchTest
    static final ArchRule theDomainThinksWithoutAContainer = noFields()
            .that()
            .areDeclaredInClassesThat()
            .resideInAnyPackage(
                    "io.carillon.task..",
                    "io.carillon.callback..",
                    "io.carillon.channel..",
                    "io.carillon.batch..",
                    "io.carillon.file..")
            .and()
            .areDeclaredInClassesThat()
            .haveSimpleNameNotEndingWith("Beans")
            .should()
            .beAnnotatedWith(Inject.class)
            .orShould()
            .beAnnotatedWith(Resource.class)
            .orShould()
            .beAnnotatedWith(PersistenceContext.class);
}
