#!/bin/sh
# Makes ../../jacoco-nodebug.tar.gz and ../../jacoco-multi-group.tar.gz:
# JaCoCo 0.8.12 (agent, command line, Ant task), a JDK of 11 or later, Maven to fetch JaCoCo, GNU tar.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

build=${BUILD_DIR:-/src/units}
rm -rf "$build"
mkdir -p "$build/jars"
cp -R "$here/units" "$here/text" "$here/run" "$here/groups.xml" "$build"
cd "$build"

fetch() {
  mvn -q dependency:copy -Dartifact="$1" -DoutputDirectory=jars -Dmdep.useBaseVersion=true
}
fetch org.jacoco:org.jacoco.agent:0.8.12:jar:runtime
fetch org.jacoco:org.jacoco.cli:0.8.12:jar:nodeps
fetch org.jacoco:org.jacoco.ant:0.8.12:jar:nodeps
fetch org.apache.ant:ant:1.10.14
fetch org.apache.ant:ant-launcher:1.10.14

# compile_and_run NAME JAVAC_OPTION: one class folder for each part, NAME.exec.
# The session id is set because by default it is the name of the host.
compile_and_run() {
  for part in units text run; do
    javac --release 11 "$2" -cp "$1/units:$1/text" -d "$1/$part" $(find "$part" -name '*.java')
  done
  java -javaagent:jars/org.jacoco.agent-0.8.12-runtime.jar="destfile=$1.exec,sessionid=sample" \
    -cp "$1/units:$1/text:$1/run" org.example.run.Check
}

pack() {
  tar --sort=name --mtime='2024-01-01 00:00:00Z' --owner=0 --group=0 --numeric-owner \
    -zcf "$here/../../$2" -C "$1" coverage
}

# Without debug information JaCoCo knows no line, so the report has no LINE counter.
mkdir -p out-nodebug/coverage
compile_and_run nodebug -g:none
java -jar jars/org.jacoco.cli-0.8.12-nodeps.jar report nodebug.exec \
  --classfiles nodebug/units --classfiles nodebug/text --sourcefiles units --sourcefiles text \
  --name sample --html out-nodebug/coverage --xml out-nodebug/coverage/jacoco.xml
pack out-nodebug jacoco-nodebug.tar.gz

compile_and_run groups -g
java -cp 'jars/*' org.apache.tools.ant.launch.Launcher -q -f groups.xml
pack out-groups jacoco-multi-group.tar.gz
