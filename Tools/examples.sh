#!/usr/bin/env bash
# Builds the examples and the code of the documentation's articles, and runs the examples.
#
#   Tools/examples.sh [options of 'swift build']
set -euo pipefail
unset CDPATH
cd "$(dirname "${BASH_SOURCE[0]}")/../Examples"

mkdir -p Sources/ArticleCode
../Tools/article-code.py >Sources/ArticleCode/Articles.swift
swift build "$@"
programs=$(swift build "$@" --show-bin-path)
for example in CustomPosterior CustomLikelihood CustomDataset TrainingInAnApp Serving; do
  echo "examples: $example"
  "$programs/$example"
done
