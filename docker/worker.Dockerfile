# The worker alone.
# Build from the root of the repository:  docker build -f docker/worker.Dockerfile -t carillon-worker .

FROM maven:3.9-eclipse-temurin-17 AS build
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/root/.m2 \
    mvn -B -q -pl src/worker-cli -am package -Dmaven.test.skip=true -Dspotless.check.skip=true \
    && cp src/worker-cli/target/carillon-worker.jar /carillon-worker.jar

FROM eclipse-temurin:17-jre
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 carillon \
    && useradd --system --uid 10001 --gid carillon --home-dir /work --shell /usr/sbin/nologin carillon \
    && install -d -o carillon -g carillon /work
COPY --from=build /carillon-worker.jar /opt/carillon/carillon-worker.jar
USER 10001
WORKDIR /work
ENV CARILLON_WORKER_HEALTH_PORT=9180
EXPOSE 9180
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD curl -fsS "http://127.0.0.1:${CARILLON_WORKER_HEALTH_PORT}/health/live" > /dev/null || exit 1
STOPSIGNAL SIGTERM
ENTRYPOINT ["java", "-Xms16m", "-Xmx256m", "-Xss256k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:MaxMetaspaceSize=48m", "-XX:ReservedCodeCacheSize=24m", "-XX:+ExitOnOutOfMemoryError", "-jar", "/opt/carillon/carillon-worker.jar"]
