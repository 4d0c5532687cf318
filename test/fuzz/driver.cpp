// Mutates a corpus for a bounded time: a fuzzer that works with every compiler. What a target accepts joins the corpus,
// so that later mutations reach deeper.
//
//   fuzz_decay [seconds] [seed]     runs for so long (10); exits 0 unless the target aborts
//   fuzz_decay file...              runs the files once

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "input.hpp"

namespace {

std::mt19937_64 engine;

std::size_t below(std::size_t limit) { return limit == 0 ? 0 : engine() % limit; }

std::string mutated(std::string text, const std::vector<std::string> &corpus) {
    static const std::string_view pieces[] = {"(",
                                              ")",
                                              ",",
                                              ":",
                                              "@",
                                              "/",
                                              "P",
                                              "T",
                                              "-",
                                              "days",
                                              "day",
                                              "hold ",
                                              "every",
                                              "expire ",
                                              "step(",
                                              "NaN",
                                              "inf",
                                              "1e308",
                                              "1e-320",
                                              "0",
                                              "99999999999999999999",
                                              "Z",
                                              "+02:",
                                              ".5",
                                              "\x01",
                                              "\xff\xff\xff\xff\xff\xff\xff\xff",
                                              " "};
    for (auto count = 1 + below(4); count > 0; --count) {
        const std::size_t at = below(text.size() + 1);
        switch (below(7)) {
        case 0:
            if (at < text.size())
                text[at] = static_cast<char>(engine());
            break;
        case 1:
            if (at < text.size())
                text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
            break;
        case 2:
            text.erase(at, 1 + below(8));
            break;
        case 3:
            text.insert(at, pieces[below(std::size(pieces))]);
            break;
        case 4:
            text.insert(at, text.substr(below(text.size() + 1), below(32)));
            break;
        case 5:
            text.resize(at);
            break;
        default: {
            const std::string &other = corpus[below(corpus.size())];
            text = text.substr(0, at) + other.substr(below(other.size() + 1));
            break;
        }
        }
    }
    constexpr std::size_t longest = 4096;
    if (text.size() > longest)
        text.resize(longest);
    return text;
}

bool run(const std::string &text) {
    return LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t *>(text.data()), text.size()) == 1;
}

int run_files(int count, char **names) {
    for (int index = 0; index < count; ++index) {
        std::ifstream file(names[index], std::ios::binary);
        run(std::string(std::istreambuf_iterator<char>(file), {}));
    }
    return 0;
}

} // namespace

int main(int argc, char **argv) {
    char *end = nullptr;
    const double seconds = argc > 1 ? std::strtod(argv[1], &end) : 10;
    if (argc > 1 && *end != '\0')
        return run_files(argc - 1, argv + 1);
    const auto seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : std::random_device{}();
    engine.seed(seed);
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    std::vector<std::string> corpus(fuzz_seeds, fuzz_seeds + fuzz_seed_count);
    for (const std::string &text : corpus)
        run(text);
    unsigned long long runs = 0;
    unsigned long long accepted = 0;
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (runs % 256 != 0 || std::chrono::steady_clock::now() < until) {
        ++runs;
        std::string text = mutated(corpus[below(corpus.size())], corpus);
        if (!run(text))
            continue;
        ++accepted;
        constexpr std::size_t most = 5000;
        if (corpus.size() < most)
            corpus.push_back(std::move(text));
        else
            corpus[below(most)] = std::move(text);
    }
    std::printf("%llu runs, %llu accepted\n", runs, accepted);
    return 0;
}
