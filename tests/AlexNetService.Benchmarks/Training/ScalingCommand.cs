using System.CommandLine;
using System.Globalization;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Benchmarks.Training;

/// <summary><c>scaling</c>: measures a worker's step and calculates from it what many workers do.</summary>
internal static class ScalingCommand
{
    // The program's limit of a batch, and a share beyond which a worker gains nothing.
    private const int LargestBatch = 2048;
    private const int LargestShare = 128;

    // Two batches tell the time of a crop from that of a step.
    private const int SmallBatch = 4;
    private const int MeasuredBatch = 32;
    private const int Photographs = 1_281_167;
    private const int Epochs = 90;

    // Of a message between two machines, and of the looks that the ranks take.
    private const double LatencySeconds = 150e-6;

    private static readonly int[] Workers = [2, 8, 64, 512];
    private static readonly int[] Gigabits = [1, 10, 100];

    public static Command Create()
    {
        var threads = CommandOptions.Of("--threads", "Threads of a worker; 0 for one per core.", 0);
        var seconds = CommandOptions.Of<double>("--seconds", "Approximate seconds of the measurement.", 20);
        var speed = new Option<double?>("--crops-per-second")
        {
            Description = "Speed of the forward and backward pass of another worker than this machine, to calculate with.",
        };
        var update = CommandOptions.Of<double>("--update-ms", "With --crops-per-second, the time of the update, in milliseconds.", 10);
        var command = new Command(
            "scaling", "Step times of 2 to 512 workers of the full network, calculated from the measured step of one.")
        {
            threads, seconds, speed, update,
        };
        command.SetAction(parsed => Run(
            parsed.GetValue(threads) is > 0 and var some ? some : Environment.ProcessorCount,
            parsed.GetValue(seconds),
            parsed.GetValue(speed) is { } crops ? (1 / crops, parsed.GetValue(update) / 1000) : null));
        return command;
    }

    private static int Run(int threads, double seconds, (double PerCrop, double PerStep)? other)
    {
        TorchRuntime.Prepare(threads);
        var table = AlexNetLayers.ForImageNet();
        var (perCrop, perStep) = other ?? Measured(table, threads, seconds);
        var cost = new StepCost(table, perCrop, perStep, MaskSeconds(table) / Math.Min(threads, table.Columns));
        Line($"a worker in bf16: {1000 * perCrop:F2} ms a crop, {1000 * perStep:F1} ms a step");
        Line($"{1e6 * cost.SecondsPerMask:F0} µs to draw the dropped units of a crop");
        Line($"{cost.Parameters:N0} parameters, {cost.DenseParameters:N0} of them in dense layers");
        Line("");
        Line("| workers × crops | Gbit/s | fp32, after | fp32, during | bf16, after | bf16, during | bf16, divided | best | 90 epochs |");
        Line("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var workers in Workers)
        {
            foreach (var gigabits in Gigabits)
            {
                Row(cost, workers, gigabits);
            }
        }

        return 0;
    }

    private static void Row(StepCost cost, int workers, int gigabits)
    {
        var crops = Math.Min(LargestShare, LargestBatch / workers);
        var link = new Link(workers, gigabits * 1e9 / 8, LatencySeconds);
        double[] times =
        [
            cost.Step(crops, link, bytes: 4, overlaps: false),
            cost.Step(crops, link, bytes: 4, overlaps: true),
            cost.Step(crops, link, bytes: 2, overlaps: false),
            cost.Step(crops, link, bytes: 2, overlaps: true),
            cost.StepOfDividedDense(crops, link, bytes: 2),
        ];
        var best = times.Min();
        var share = cost.Alone(crops) / best; // of the speed without communication
        var hours = (double)Photographs * Epochs / (workers * crops) * best / 3600;
        var cells = times.Select(time => time.ToString("F2", CultureInfo.InvariantCulture));
        Line($"| {workers} × {crops} | {gigabits} | {string.Join(" | ", cells)} | {share:P0} | {hours:F1} h |");
    }

    /// <summary>
    /// Seconds of a crop and of a step in bfloat16, from the processor time, which other programs disturb less than the time that passes.
    /// </summary>
    private static (double PerCrop, double PerStep) Measured(NetworkArchitecture table, int threads, double seconds)
    {
        double[] steps = [.. ((int[])[SmallBatch, MeasuredBatch]).Select(batch =>
        {
            using var step = new OurStep(table, batch, ComputePrecision.Bf16, ColumnPlacement.OnCpu(table.Columns));
            step.Prepare(seconds / 6);
            step.Measure();
            return step.CpuPerImage * batch / threads;
        })];
        var perCrop = (steps[1] - steps[0]) / (MeasuredBatch - SmallBatch);
        return (perCrop, steps[0] - (SmallBatch * perCrop));
    }

    /// <summary>Processor seconds to draw the dropped units of a crop.</summary>
    private static double MaskSeconds(NetworkArchitecture table)
    {
        var units = table.Rows().Where(row => row.Layer is Dropout).Sum(row => row.Input.Values);
        using var generator = new Generator(1);
        using var mask = empty(MeasuredBatch, units);
        mask.bernoulli_(0.5, generator);
        var from = Environment.CpuUsage.TotalTime;
        mask.bernoulli_(0.5, generator);
        GC.KeepAlive(generator);
        return (Environment.CpuUsage.TotalTime - from).TotalSeconds / MeasuredBatch;
    }

    private static void Line(FormattableString text) => Console.WriteLine(FormattableString.Invariant(text));

    private static void Line(string text) => Console.WriteLine(text);
}
