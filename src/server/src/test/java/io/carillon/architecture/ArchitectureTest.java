package io.carillon.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import jakarta.annotation.Resource;
import jakarta.inject.Inject;
import jakarta.persistence.PersistenceContext;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How the server's packages may lean on each other and on what lies outside. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOptions(List.of(new ImportOption.DoNotIncludeTests(), new WithoutStores()))
            .importPackages("io.carillon");

    /** The embedded stores are another module, and only tests here have them. */
    static final class WithoutStores implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("/io/carillon/stores/");
        }
    }

    @Test
    void onlyDialectsKnowDialects() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.carillon.dialect..", "io.carillon.console..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.carillon.dialect..")
                .check(CLASSES);
    }

    @Test
    void platformKnowsNothingOfTheDomain() {
        noClasses()
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
                        "io.carillon.file..",
                        "io.carillon.upload..")
                .check(CLASSES);
    }

    @Test
    void noPackagesGoInCircles() {
        slices().matching("io.carillon.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void noApplicationServersOwnApi() {
        noClasses()
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
                        "org.apache.tomee..")
                .check(CLASSES);
    }

    @Test
    void redisIsSpokenToByFew() {
        noClasses()
                .that()
                .resideOutsideOfPackages("io.carillon.platform..", "io.carillon.stream..", "io.carillon.instance..")
                .and()
                .haveNameNotMatching(
                        "io\\.carillon\\.task\\.(Window|Contents|Overflow|PastAttempts|DeadList|LongTakes|TaskBeans)(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.redisson..")
                .check(CLASSES);
    }

    @Test
    void noStandardStreams() {
        NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(CLASSES);
    }

    /** What writes a log does so by slf4j; only the log's own form is a matter of the logger below it. */
    @Test
    void noJavaLogging() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.carillon.platform.log..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.util.logging..")
                .check(CLASSES);
    }

    @Test
    void nobodyStartsThreads() {
        noClasses()
                .should()
                .callConstructor(Thread.class)
                .orShould()
                .callConstructor(Thread.class, Runnable.class)
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.concurrent.Executors")
                .check(CLASSES);
    }

    /** What thinks gets what it needs by its constructor, so that a test can build it. */
    @Test
    void theDomainThinksWithoutAContainer() {
        noFields()
                .that()
                .areDeclaredInClassesThat()
                .resideInAnyPackage(
                        "io.carillon.task..",
                        "io.carillon.callback..",
                        "io.carillon.channel..",
                        "io.carillon.batch..",
                        "io.carillon.file..",
                        "io.carillon.upload..")
                .and()
                .areDeclaredInClassesThat()
                .haveSimpleNameNotEndingWith("Beans")
                .should()
                .beAnnotatedWith(Inject.class)
                .orShould()
                .beAnnotatedWith(Resource.class)
                .orShould()
                .beAnnotatedWith(PersistenceContext.class)
                .check(CLASSES);
    }
}
