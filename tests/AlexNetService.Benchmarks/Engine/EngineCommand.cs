using System.CommandLine;
using System.Globalization;
using AlexNetService.Imaging;
using AlexNetService.Inference.Ensembles;
using AlexNetService.Inference.Sessions;
using AlexNetService.ModelSpec.Architecture;

namespace AlexNetService.Benchmarks.Engine;

/// <summary><c>engine</c>: the engine beside plain ONNX Runtime, ten crops of the full network.</summary>
internal static class EngineCommand
{
    private const int Pictures = 8;

    private static readonly int[] Waiting = [1, 4, 16, 64];

    public static Command Create()
    {
        var threads = new Option<int>("--threads") { Description = "Threads of both sides; 0 for one a core.", DefaultValueFactory = _ => 0 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds; each runs every case once.", DefaultValueFactory = _ => 5 };
        var seconds = new Option<double>("--seconds") { Description = "About how long a case runs in a round.", DefaultValueFactory = _ => 1.5 };
        var repository = new Option<string>("--repository")
        {
            Description = "Where the full-size packages are made and found again; 1.2 GB.",
            DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "alexnet-full-size"),
        };
        var brief = new Option<bool>("--brief") { Description = "Only one picture at a time." };
        var command = new Command("engine", "Crops a second and processor time a picture: plain ONNX Runtime, shared trunk, int8; 1 and 3 members; 1 to 64 waiting.")
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
        using var plain = new PlainRuntime("ONNX Runtime, LRN operator", packages.WithNormalisationOperator(), threads, waiting: 1);
        using var decomposed = new PlainRuntime("ONNX Runtime, our graph", packages.Open(FullSizePackages.Floats[0]).GraphPath, threads, waiting: 1);
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
        Console.WriteLine($"Full network, 1000 classes, random weights, ten crops a picture, {threads} threads; {rounds} rounds of every case in turn, medians.");
        Console.WriteLine("Ratio: processor time a picture and member, against plain ONNX Runtime over the graph with the LRN operator, ten crops a run.");
        Console.WriteLine();
        Console.WriteLine($"{"",-28} members waiting   crops/s   ms of CPU a picture   ratio");
        foreach (var each in cases)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{each.Name,-28} {each.Members,7} {each.Waiting,7} {each.CropsPerSecond,9:0.0} {each.CpuPerPicture * 1000,21:0.0} {each.CpuPerPicture / each.Members / reference.CpuPerPicture,7:0.00}"));
        }
    }
}
