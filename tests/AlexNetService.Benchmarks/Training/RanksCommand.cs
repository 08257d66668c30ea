using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Cluster;
using AlexNetService.Training.Data;
using AlexNetService.Training.Loop;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Benchmarks.Training;

/// <summary><c>ranks</c>: the steps of one process, or of several that mpirun starts and that share each batch.</summary>
internal static class RanksCommand
{
    // Batches that come again and again where only the time matters. Losses are those of crops that are new in each step: a network that
    // learns a few random pictures by heart multiplies the rounding of its first steps.
    private const int Batches = 4;

    public static Command Create()
    {
        var preset = CommandOptions.Of("--preset", "Layer table.", AlexNetLayers.Small);
        var batch = CommandOptions.Of("--batch", "Crops of a step, of all ranks together.", 32);
        var steps = CommandOptions.Of("--steps", "Steps; the first one is not timed.", 50);
        var threads = CommandOptions.Of("--threads", "Threads of a rank.", 1);
        var precision = CommandOptions.Of("--precision", "Precision of a step.", ComputePrecision.Fp32);
        var gradients = CommandOptions.Of("--gradients", "Precision of the gradients on the wire.", ComputePrecision.Fp32);
        var rate = CommandOptions.Of("--rate", "Learning rate.", 1e-4);
        var late = CommandOptions.Of("--late", "Sum gradients after the backward pass instead of during it.", false);
        var losses = CommandOptions.Of("--losses", "Print the loss of each step.", false);
        var command = new Command("ranks", "Time and losses of training steps, of this process or of the ranks that mpirun started.")
        {
            preset, batch, steps, threads, precision, gradients, rate, late, losses,
        };
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(preset),
            parsed.GetValue(batch),
            parsed.GetValue(steps),
            parsed.GetValue(threads),
            TrainingRecipe.For(parsed.GetRequiredValue(preset)) with
            {
                Precision = parsed.GetValue(precision),
                GradientPrecision = parsed.GetValue(gradients),
                BatchSize = parsed.GetValue(batch),
                LearningRate = parsed.GetValue(rate),
            },
            overlaps: !parsed.GetValue(late),
            parsed.GetValue(losses)));
        return command;
    }

    private static int Run(
        string preset, int batch, int steps, int threads, TrainingRecipe recipe, bool overlaps, bool printsLosses)
    {
        TorchRuntime.Prepare(threads);
        using var ranks = new Ranks();
        ranks.Join();
        var architecture = AlexNetLayers.Find(preset, AlexNetLayers.UsualClasses(preset)) ?? throw new ArchitectureException(preset);
        var placement = ColumnPlacement.OnCpu(architecture.Columns);
        using var network = new ColumnNetwork(architecture, placement, recipe.Precision);
        ColumnWeights.Initialise(network, seed: 1, recipe.CentredWeights);
        network.train();
        using var step = new TrainingStep(network, recipe, classWeights: null, ranks, overlaps);
        using var centring = new PixelCentring(new ColourStatistics([120, 120, 120], [], []), architecture.Geometry.Crop, placement);
        var rows = ranks.RowsOf(batch);
        var parts = Enumerable.Range(0, printsLosses ? steps : Batches).Select(seed => Part(architecture, batch, rows, seed)).ToArray();
        var (all, from) = (new List<float>(), 0L);
        for (var i = 0; i < steps; i++)
        {
            from = i == 1 ? Stopwatch.GetTimestamp() : from;
            using var scope = NewDisposeScope();
            var part = parts[i % parts.Length];
            var numbers = step.Run(centring.Of(part), part.Labels(), recipe.LearningRate, seed: i, rows, batch);
            all.Add(numbers[0].item<float>());
        }

        var milliseconds = Stopwatch.GetElapsedTime(from).TotalMilliseconds / (steps - 1);
        Array.ForEach(parts, part => part.Dispose());
        ranks.Leave();
        if (ranks.IsFirst)
        {
            Print(printsLosses ? [.. all] : []);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{preset}, {ranks.Count} ranks, batch {batch}, {recipe.Precision}, gradients {recipe.GradientPrecision}, "
                + $"{(overlaps ? "with" : "without")} overlap: {milliseconds:F1} ms a step, {1000 * batch / milliseconds:F1} crops/s"));
        }

        return 0;
    }

    private static void Print(float[] losses)
    {
        foreach (var (step, loss) in losses.Index())
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{step} {loss:R}"));
        }
    }

    /// <summary>The rows of this process of a batch that is the same in all.</summary>
    private static Batch Part(NetworkArchitecture architecture, int whole, BatchRows rows, int seed)
    {
        var (random, side) = (new Random(seed), architecture.Geometry.Crop);
        var pixels = new byte[whole * 3 * side * side];
        random.NextBytes(pixels);
        long[] labels = [.. Enumerable.Range(0, whole).Select(_ => random.NextInt64(architecture.Classes))];
        var part = new Batch(rows.Count, side, ScalarType.Byte, isPinned: false) { Count = rows.Count };
        var bytes = part.CropBuffer.bytes;
        pixels.AsSpan(rows.First * 3 * side * side, bytes.Length).CopyTo(bytes);
        part.ShiftBuffer.bytes.Clear();
        labels.AsSpan(rows.First, rows.Count).CopyTo(MemoryMarshal.Cast<byte, long>(part.LabelBuffer.bytes));
        return part;
    }
}
