using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.Training;
using AlexNetService.Training.Network;
using static TorchSharp.torch;

namespace AlexNetService.Benchmarks.Training;

/// <summary>
/// The rows of <c>gpu</c> about training, on one device and on two: speed, the first losses compared with those of the CPU, whether the
/// loss falls, and memory. A row that cannot be measured says why.
/// </summary>
internal static class GpuTrainingRows
{
    private const int ComparedSteps = 20;
    private const double ComparedTo = 1e-3;
    private const int LearningSteps = 200;
    private const double Rate = 0.001;

    /// <summary>Measures <c>alexnet</c> at batch 128 on CUDA. Call <see cref="TorchRuntime.Prepare"/> first.</summary>
    /// <param name="python">A Python with torch, or 'none'.</param>
    public static IReadOnlyList<(string What, string Result)> Measure(string python) =>
        Measure(AlexNetLayers.ForImageNet(), batch: 128, "cuda:0", "cuda:0,cuda:1", python, seconds: 8);

    /// <summary>Measures a network on any devices.</summary>
    /// <param name="architecture">The layer table, with two columns.</param>
    /// <param name="batch">Images per step.</param>
    /// <param name="one">One device.</param>
    /// <param name="two">The device of each column.</param>
    /// <param name="python">A Python with torch, or 'none'.</param>
    /// <param name="seconds">Approximate seconds of each measurement of speed.</param>
    internal static IReadOnlyList<(string What, string Result)> Measure(
        NetworkArchitecture architecture, int batch, string one, string two, string python, double seconds)
    {
        var rows = new List<(string, string)>();
        var cpu = new Lazy<float[]>(() =>
        {
            using var step = new OurStep(architecture, batch, ComputePrecision.Fp32, ColumnPlacement.OnCpu(architecture.Columns));
            return step.Losses(ComparedSteps, Rate);
        });
        var rates = new List<double>();
        foreach (var devices in (string[])[one, two])
        {
            var subject = $"training, {architecture.Preset}, batch {batch}, {devices}";
            ColumnPlacement placement;
            try
            {
                placement = ColumnPlacement.Parse(devices, architecture.Columns);
            }
            catch (InputException e)
            {
                rows.Add((subject, "skipped: " + e.Message));
                continue;
            }

            foreach (var precision in Enum.GetValues<ComputePrecision>())
            {
                using var step = new OurStep(architecture, batch, precision, placement);
                step.Prepare(seconds);
                step.Measure();
                rates.Add(step.ImagesPerSecond);
                rows.Add(($"{subject}, {precision}", Text($"{step.ImagesPerSecond:0} images/s")));
            }

            rows.Add(($"{subject}, first {ComparedSteps} losses, without TF32", Compared(cpu.Value, architecture, batch, placement)));
            rows.AddRange(Learned(subject, architecture, batch, placement));
        }

        rows.Add(($"training, {architecture.Preset}, batch {batch}, {two} against {one}", Ratios(rates)));
        rows.AddRange(OfPyTorch(architecture, batch, one, python, seconds));
        return rows;
    }

    /// <summary>
    /// TorchSharp has no events, so the share of the time in which both devices work is computed: if together they do the work of one
    /// device and one of them is always at work, it is ratio − 1.
    /// </summary>
    private static string Ratios(List<double> rates)
    {
        var precisions = Enum.GetValues<ComputePrecision>();
        return rates.Count < 2 * precisions.Length
            ? "skipped: one of them is missing"
            : string.Join("; ", precisions.Index().Select(entry =>
            {
                var ratio = rates[precisions.Length + entry.Index] / rates[entry.Index];
                return Text($"{entry.Item} {ratio:0.00} ×, so both work {Math.Clamp(ratio - 1, 0, 1):0 %} of the time");
            }));
    }

    private static string Compared(float[] expected, NetworkArchitecture architecture, int batch, ColumnPlacement placement)
    {
        // TF32 has ten bits of precision.
        var (convolutions, products) = (backends.cudnn.allow_tf32, backends.cuda.matmul.allow_tf32);
        (backends.cudnn.allow_tf32, backends.cuda.matmul.allow_tf32) = (false, false);
        try
        {
            using var step = new OurStep(architecture, batch, ComputePrecision.Fp32, placement);
            var difference = step.Losses(ComparedSteps, Rate).Zip(expected, (mine, theirs) => Math.Abs((double)mine - theirs)).Max();

            // Written so that a NaN fails.
            var verdict = difference <= ComparedTo ? "equal to" : "DIFFERENT from";
            return Text($"{verdict} cpu,cpu: {difference:E1} nats, {ComparedTo} allowed");
        }
        finally
        {
            (backends.cudnn.allow_tf32, backends.cuda.matmul.allow_tf32) = (convolutions, products);
        }
    }

    private static IEnumerable<(string What, string Result)> Learned(
        string subject, NetworkArchitecture architecture, int batch, ColumnPlacement placement)
    {
        using var step = new OurStep(architecture, batch, ComputePrecision.Fp32, placement);
        var losses = step.Losses(LearningSteps / 4, Rate);
        var before = Memory(placement);
        losses = [.. losses, .. step.Losses(LearningSteps - losses.Length, Rate)];
        var after = Memory(placement);
        var (first, last) = (losses[0], losses[^10..].Average());
        var fault = last < first ? "" : ", NOT LOWER";
        yield return ($"{subject}, loss over {LearningSteps} steps", Text($"{first:0.000} → {last:0.000}{fault}"));
        yield return (
            $"{subject}, memory after {LearningSteps / 4} and {LearningSteps} steps",
            Text($"{before.Tensors} → {after.Tensors} tensors, host {before.Host} → {after.Host} MB, ")
                + (placement.UsesCuda ? $"GPUs {before.Devices} → {after.Devices}" : "no GPU"));
    }

    /// <summary>Live tensors, resident memory in MB, and the memory in use on all GPUs.</summary>
    private static (long Tensors, long Host, string Devices) Memory(ColumnPlacement placement)
    {
        GlibcHeap.Trim();
        return (Tensor.TotalCount, Environment.WorkingSet >> 20, placement.UsesCuda ? DeviceMemory() : "");
    }

    private static string DeviceMemory()
    {
        try
        {
            using var smi = Process.Start(new ProcessStartInfo("nvidia-smi", ["--query-gpu=memory.used", "--format=csv,noheader"])
            {
                RedirectStandardOutput = true,
            });
            return smi?.StandardOutput.ReadToEnd().Trim().ReplaceLineEndings(" + ") ?? "unknown";
        }
        catch (Win32Exception)
        {
            return "unknown (no nvidia-smi)";
        }
    }

    private static IEnumerable<(string What, string Result)> OfPyTorch(
        NetworkArchitecture architecture, int batch, string device, string python, double seconds)
    {
        var found = PyTorchStep.Find(python, architecture, batch, Environment.ProcessorCount, device);
        if (found.Count == 0)
        {
            yield return ($"training, PyTorch, {device}", $"skipped: '{python}' has no torch for {device}");
        }

        foreach (var step in found)
        {
            using (step)
            {
                step.Prepare(seconds);
                step.Measure();
                yield return ($"training, {step.Name}, {device}, Fp32", Text($"{step.ImagesPerSecond:0} images/s"));
            }
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
