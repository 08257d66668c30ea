using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Benchmarks.Training;

/// <summary>
/// <c>first-gradient</c>: starts fresh processes, each of which compares the gradient of its first pass with those of the next passes, bit
/// for bit. See <see cref="ColumnThreads.BeginPass"/>.
/// </summary>
internal static class FirstGradientCommand
{
    private const int Right = 0;
    private const int Wrong = 1;

    public static Command Create()
    {
        var processes = CommandOptions.Of("--processes", "Number of processes.", 300);
        var atOnce = CommandOptions.Of(
            "--at-once",
            "Processes at a time; more processes than cores keep the machine busy, which provokes the fault.",
            2 * Environment.ProcessorCount);
        var sideBySide = new Option<bool>("--side-by-side") { Description = "Run the columns in parallel in the first pass too." };
        var precision = new Option<ComputePrecision>("--precision") { Description = "Precision of the passes." };
        var normalisation = CommandOptions.Of("--lrn", "Whether the network has response normalisation.", true);
        var prepare = CommandOptions.Of("--prepare", "Whether to set up the heap as in training.", true);
        var isChild = new Option<bool>("--child") { Hidden = true };
        var command = new Command("first-gradient", "Number of fresh processes whose first gradient differs from the next ones.")
        {
            processes, atOnce, sideBySide, precision, normalisation, prepare, isChild,
        };
        command.SetAction((parsed, cancellation) => parsed.GetValue(isChild)
            ? Task.FromResult(Compare(
                parsed.GetValue(sideBySide), parsed.GetValue(precision), parsed.GetValue(normalisation), parsed.GetValue(prepare)))
            : RunAsync(
                parsed.GetValue(processes),
                parsed.GetValue(atOnce),
                [
                    "first-gradient", "--child",
                    "--side-by-side", $"{parsed.GetValue(sideBySide)}",
                    "--precision", $"{parsed.GetValue(precision)}",
                    "--lrn", $"{parsed.GetValue(normalisation)}",
                    "--prepare", $"{parsed.GetValue(prepare)}",
                ],
                cancellation));
        return command;
    }

    private static async Task<int> RunAsync(int processes, int atOnce, string[] arguments, CancellationToken cancellation)
    {
        var codes = new ConcurrentBag<int>();
        var program = Environment.ProcessPath ?? throw new InvalidOperationException("The program has no path.");
        var options = new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellation };
        await Parallel.ForAsync(0, processes, options, async (_, stop) =>
        {
            using var child = Process.Start(program, arguments);
            await child.WaitForExitAsync(stop);
            codes.Add(child.ExitCode);
        });
        var (right, wrong) = (codes.Count(code => code == Right), codes.Count(code => code == Wrong));
        Console.WriteLine($"{right} of {processes} processes began right, {wrong} wrong, {processes - right - wrong} failed");
        Console.WriteLine($"  with {string.Join(' ', arguments[2..])}");
        return right == processes ? Right : Wrong;
    }

    /// <summary>Runs in the child: one network, the same pass five times.</summary>
    private static int Compare(bool sideBySide, ComputePrecision precision, bool normalisation, bool prepare)
    {
        if (prepare)
        {
            TorchRuntime.Prepare(2);
        }
        else
        {
            set_num_threads(2);
        }

        var table = new NetworkSwitches { ResponseNormalisation = normalisation }.Apply(AlexNetLayers.ForCifar());
        using var network = new ColumnNetwork(table, ColumnPlacement.OnCpu(table.Columns), precision);
        ColumnWeights.Initialise(network, seed: 1);
        network.train();
        using var threads = new ColumnThreads(network.Placement, firstInTurn: !sideBySide);
        var passes = Enumerable.Range(0, 5).Select(_ => Gradients(network, threads)).ToArray();
        var different = passes[0].Zip(passes[1])
            .Where(pair => !pair.First.Values.AsSpan().SequenceEqual(pair.Second.Values))
            .Select(pair => pair.First.Name)
            .ToArray();
        if (different.Length == 0)
        {
            return Right;
        }

        var later = passes.Skip(2).All(pass =>
            pass.Zip(passes[1]).All(pair => pair.First.Values.AsSpan().SequenceEqual(pair.Second.Values)));
        Console.WriteLine($"wrong: {string.Join(", ", different)}; the later passes {(later ? "are equal" : "differ too")}");
        return Wrong;
    }

    private static (string Name, float[] Values)[] Gradients(ColumnNetwork network, ColumnThreads threads)
    {
        using var scope = threads.NewScope();
        using var generator = new Generator(3);
        var side = network.Architecture.Geometry.Crop;
        var crops = empty(32, 3, side, side).uniform_(-120, 135, generator);
        var labels = tensor(Enumerable.Range(0, 32).Select(crop => (long)crop % network.Architecture.Classes).ToArray());
        network.SeedDropout(5);
        var pass = new CutPass(network, threads);
        var logits = pass.Forward([crops, crops]);
        nn.functional.cross_entropy(logits, labels).backward();
        pass.Backward(logits.grad ?? throw new InvalidOperationException("The loss does not depend on the logits."));
        return
        [
            .. ColumnWeights.Parameters(network, working: true).SelectMany(entry => entry.Columns.Select((weight, column) =>
            {
                var values = weight.grad?.to(ScalarType.Float32).contiguous().data<float>().ToArray() ?? [];
                weight.grad = null;
                return ($"{entry.Name}[{column}]", values);
            })),
        ];
    }
}
