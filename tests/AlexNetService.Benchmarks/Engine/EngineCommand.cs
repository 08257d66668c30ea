using System.CommandLine;
using System.Globalization;
using AlexNetService.Imaging;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Benchmarks.Engine;

/// <summary><c>engine</c>: compares the engine with plain ONNX Runtime on ten crops of the full network.</summary>
internal static class EngineCommand
{
    private const int Pictures = 8;

    private static readonly int[] Waiting = [1, 4, 16, 64];

    public static Command Create()
    {
        var threads = CommandOptions.Of("--threads", "Threads of both engines; 0 for one per core.", 0);
        var rounds = CommandOptions.Rounds(5);
        var seconds = CommandOptions.Of("--seconds", "Approximate seconds per case and round.", 1.5);
        var repository = CommandOptions.Of(
            "--repository",
            "Folder in which the full-size packages are made once and reused; 1.2 GB.",
            Path.Combine(Path.GetTempPath(), "alexnet-full-size"));
        var brief = new Option<bool>("--brief") { Description = "Run only the cases with one picture at a time." };
        const string What = "Crops per second and processor time per picture: plain ONNX Runtime, shared trunk, int8; 1 and 3 members; "
            + "1 to 64 pictures waiting.";
        var command = new Command("engine", What)
        {
            threads, rounds, seconds, repository, brief,
        };
        command.SetAction(parsed => Run(
            parsed.GetValue(threads) is > 0 and var some ? some : Environment.ProcessorCount,
            parsed.GetValue(rounds),
            parsed.GetValue(seconds),
            new FullSizePackages(parsed.GetRequiredValue(repository)),
            parsed.GetValue(brief) ? [1] : Waiting));
        return command;
    }

    private static void Run(int threads, int rounds, double seconds, FullSizePackages packages, int[] waiting)
    {
        var runtime = new RuntimeOptions { Threads = threads };
        List<ModelSession> Open(IEnumerable<string> names) => [.. names.Select(name => ModelSession.Open(packages.Open(name), runtime))];
        var (floats, bytes) = (Open(FullSizePackages.Floats), Open(FullSizePackages.Bytes));
        var graph = packages.Open(FullSizePackages.Floats[0]).GraphPath;
        using var plain = new PlainRuntime("ONNX Runtime, LRN operator", packages.WithNormalisationOperator(), threads, waiting: 1);
        using var decomposed = new PlainRuntime("ONNX Runtime, our graph", graph, threads, waiting: 1);
        List<EngineCase> cases = [plain, decomposed];
        foreach (var (name, sessions) in new[] { ("engine, float32", floats), ("engine, int8", bytes) })
        {
            foreach (var members in (int[])[1, 3])
            {
                var ensemble = Ensemble.TryCreate(
                    [.. sessions.Take(members).Select(session => new EnsembleMember(session))], out var created, out var reason)
                    ? created
                    : throw new InvalidOperationException(reason);
                cases.AddRange(waiting.Select(count => new OurEngine(name, ensemble, count)));
            }
        }

        Measure(cases, rounds, seconds);
        Print(cases, plain, threads, rounds);
        floats.Concat(bytes).ToList().ForEach(session => session.Dispose());
    }

    private static void Measure(List<EngineCase> cases, int rounds, double seconds)
    {
        var side = AlexNetLayers.ForImageNet().Geometry.Canvas;
        var pictures = Enumerable.Range(0, Pictures).Select(seed =>
        {
            var pixels = new byte[NetworkArchitecture.Channels * side * side];
            new Random(seed).NextBytes(pixels);
            return new Canvas(side, pixels);
        }).ToArray();
        cases.ForEach(each => each.Warm(pictures));
        for (var round = 0; round < rounds; round++)
        {
            cases.ForEach(each => each.Measure(pictures, seconds));
        }
    }

    private static void Print(List<EngineCase> cases, EngineCase reference, int threads, int rounds)
    {
        Console.WriteLine("Full network, 1000 classes, random weights, ten crops per picture.");
        Console.WriteLine($"{threads} threads; medians of {rounds} rounds, every case once per round.");
        Console.WriteLine("Ratio: processor time per picture and member, relative to plain ONNX Runtime with the LRN operator.");
        Console.WriteLine();
        Console.WriteLine($"{"",-28} members waiting   crops/s ms of CPU per picture   ratio");
        foreach (var each in cases)
        {
            var (cpu, ratio) = (each.CpuPerPicture * 1000, each.CpuPerPicture / each.Members / reference.CpuPerPicture);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{each.Name,-28} {each.Members,7} {each.Waiting,7} {each.CropsPerSecond,9:0.0} {cpu,21:0.0} {ratio,7:0.00}"));
        }
    }

    /// <summary>The engine, on canvases.</summary>
    private sealed class OurEngine(string name, Ensemble ensemble, int waiting) : EngineCase(name, ensemble.Members.Count, waiting)
    {
        private readonly CanvasClassifier classifier = new(ensemble);

        protected override void Classify(IReadOnlyList<Canvas> pictures)
        {
            foreach (var picture in pictures)
            {
                _ = classifier.Probabilities([picture]);
            }
        }
    }
}
