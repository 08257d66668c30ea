using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using AlexNetService.Imaging;
using AlexNetService.ModelSpec.Architecture;
using AlexNetService.ModelSpec.Package;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// A package open in ONNX Runtime. It takes planar uint8 RGB crops and gives probabilities, whatever the graph's own input and output are:
/// the card describes them. Any number of threads may run it at once; each run has its own buffers.
/// </summary>
public sealed class ModelSession : IDisposable
{
    private readonly ModelGraphs graphs;
    private readonly Lock gate = new();
    private readonly Stack<CropRun> idle = [];
    private readonly Dictionary<int, RunTotal> totals = [];
    private long cropTicks;
    private int rented;
    private bool disposed;

    private ModelSession(ModelPackage package, ExecutionTarget target, ModelGraphs graphs) =>
        (Package, Device, Provider, this.graphs) = (package, target.Device, target.Provider, graphs);

    /// <summary>The package.</summary>
    public ModelPackage Package { get; }

    /// <summary>The package's card.</summary>
    public ModelCard Card => Package.Card;

    /// <summary>The device the graph runs on: <c>cpu</c> or <c>cuda:N</c>.</summary>
    public string Device { get; }

    /// <summary>The ONNX Runtime provider that runs it, such as <c>CPUExecutionProvider</c>.</summary>
    public string Provider { get; }

    /// <summary>Crops in one run of the graph at most; <see cref="Run(ReadOnlySpan{byte}, int, CropOutputs)"/> takes any number.</summary>
    public int MaxCropsPerRun => graphs.MaxCrops;

    /// <summary>Bytes of one crop, 3 × crop × crop.</summary>
    public int CropBytes => NetworkArchitecture.Channels * Card.Preprocessing.Crop * Card.Preprocessing.Crop;

    /// <summary>Number of classes: values of one crop's logits or probabilities.</summary>
    public int Classes => Card.Labels.Count;

    /// <summary>What can be asked for.</summary>
    public OutputKinds Outputs =>
        OutputKinds.Probabilities | (HasLogits ? OutputKinds.Logits : 0) | (Features > 0 ? OutputKinds.Features : 0);

    /// <summary>Whether logits can be asked for.</summary>
    public bool HasLogits => graphs.Find(OutputKinds.Logits) is not null;

    /// <summary>Values of one crop's feature vector; 0 where the card names no features tensor.</summary>
    public int Features => graphs.Find(OutputKinds.Features)?.Values ?? 0;

    /// <summary>Time of a crop in the recent runs; zero before the first.</summary>
    public TimeSpan CropTime => TimeSpan.FromTicks(Volatile.Read(ref cropTicks));

    /// <summary>The only batch size the graph takes, or null where it takes any.</summary>
    public int? FixedBatch => graphs.FixedBatch;

    /// <summary>
    /// Opens a package and checks its graphs against its card. Of a split network, trunk and rest are opened instead of the whole graph, so
    /// that no weight is in memory twice.
    /// </summary>
    /// <exception cref="InvalidPackageException">A graph cannot be read, or differs from the card.</exception>
    /// <exception cref="DeviceUnavailableException">The device does not exist, or this build does not support it.</exception>
    public static ModelSession Open(ModelPackage package, RuntimeOptions options) =>
        Open(package, options, ExecutionTarget.Of(options, package.Card.Name));

    internal static ModelSession Open(ModelPackage package, RuntimeOptions options, ExecutionTarget target) =>
        new(package, target, ModelGraphs.Open(package, options, target));

    /// <summary>Runs crops, [count,3,crop,crop], 0..255, red plane first, and writes their probabilities, [count,classes].</summary>
    public void Run(ReadOnlySpan<byte> crops, int count, Memory<float> probabilities) =>
        Run(crops, count, new CropOutputs { Probabilities = probabilities });

    /// <summary>
    /// Runs crops, [count,3,crop,crop], 0..255, red plane first, and writes the requested outputs, count rows each. More crops than
    /// <see cref="MaxCropsPerRun"/> become several runs.
    /// </summary>
    /// <exception cref="ArgumentException">Memory has another length than count asks for, or the card names no such tensor.</exception>
    public void Run(ReadOnlySpan<byte> crops, int count, CropOutputs outputs)
    {
        if (crops.Length != count * CropBytes)
        {
            throw new ArgumentException(
                $"'{Card.Name}' takes {count * CropBytes} bytes for {count} crops, not {crops.Length}.", nameof(crops));
        }

        Run(crops, windows: [], count, outputs);
    }

    /// <summary>
    /// Runs windows of one canvas, [3,canvas,canvas], 0..255, red plane first, as photographs are served, the shared trunk included, and
    /// writes the requested outputs, a row for each window. More windows than <see cref="MaxCropsPerRun"/> become several runs.
    /// </summary>
    /// <exception cref="ArgumentException">Memory has another length, or the card names no such tensor.</exception>
    public void Run(ReadOnlySpan<byte> canvas, ReadOnlySpan<CropWindow> windows, CropOutputs outputs)
    {
        if (canvas.Length != CanvasBytes)
        {
            throw new ArgumentException($"'{Card.Name}' has a canvas of {CanvasBytes} bytes, not {canvas.Length}.", nameof(canvas));
        }

        Run(canvas, windows, windows.Length, outputs);
    }

    /// <summary>The runs for requests since the package was opened, by number of crops, fewest first.</summary>
    public IReadOnlyList<RunTotal> RunTotals
    {
        get
        {
            lock (gate)
            {
                return [.. totals.Values.OrderBy(total => total.Crops)];
            }
        }
    }

    /// <summary>Counts a run for requests, and follows the time of a crop.</summary>
    internal void Ran(int crops, TimeSpan time)
    {
        Follow(crops, time);
        lock (gate)
        {
            var before = totals.GetValueOrDefault(crops);
            totals[crops] = new RunTotal(crops, before.Runs + 1, before.Time + time);
        }
    }

    /// <summary>Follows the time of a crop: a run counts for a tenth.</summary>
    private void Follow(int crops, TimeSpan time)
    {
        // Two runs that end at once may overwrite each other; the next ones make up for it.
        var (before, now) = (Volatile.Read(ref cropTicks), time.Ticks / crops);
        Volatile.Write(ref cropTicks, before == 0 ? now : ((9 * before) + now) / 10);
    }

    /// <summary>
    /// Runs crops of noise, in the largest batch, ten and one, or in every batch size that the options name, so that no request pays for
    /// first-time allocations.
    /// </summary>
    /// <exception cref="InvalidPackageException">An answer is not a finite number.</exception>
    public void Warm()
    {
        var run = Rent();
        try
        {
            var (noise, input) = (new byte[CanvasBytes], Card.Preprocessing);
            GoldenCrop.Pixels(GraphInspection.NoiseSeed, noise);
            var windows = CropViews.Of(CropViews.Counts[^1], new CropGeometry(input.Canvas, input.Crop));
            foreach (var (place, count) in graphs.WarmSizes.Index())
            {
                run.Begin();
                while (run.Count < count)
                {
                    run.Add(noise, windows.AsSpan(0, Math.Min(windows.Length, count - run.Count)));
                }

                run.Execute(OutputKinds.Probabilities);
                for (var row = 0; row < run.Count; row++)
                {
                    if (!run.IsFinite(OutputKinds.Probabilities, row))
                    {
                        throw new InvalidPackageException(
                            Package.Folder, $"a probability of crop {row} of {run.Count} is not a finite number. Export the model again.");
                    }
                }

                if (place == 0)
                {
                    // The largest batch, as under load. The first run paid for allocations: the cost of a crop is measured in another.
                    var begun = Stopwatch.GetTimestamp();
                    run.Execute(OutputKinds.Probabilities);
                    Follow(run.Count, Stopwatch.GetElapsedTime(begun));
                }
            }
        }
        finally
        {
            Return(run);
        }
    }

    /// <summary>Runs the golden crop and compares its logits with those in the card, where there are any.</summary>
    /// <exception cref="InvalidPackageException">The logits differ.</exception>
    public void RequireGolden()
    {
        if (Card.Golden is not { } golden)
        {
            return;
        }

        var (crop, logits) = (new byte[CropBytes], new float[Classes]);
        GoldenCrop.Pixels(golden.Seed, crop);
        Run(crop, 1, new CropOutputs { Logits = logits });
        var expected = MemoryMarshal.Cast<byte, float>(golden.Logits);
        var (largest, difference) = (0f, 0f);
        for (var i = 0; i < logits.Length; i++)
        {
            largest = MathF.Max(largest, MathF.Abs(expected[i]));
            difference = MathF.Max(difference, MathF.Abs(expected[i] - logits[i]));
        }

        // Negated so that NaN does not pass.
        if (!(difference <= golden.Tolerance * largest))
        {
            throw new InvalidPackageException(Package.Folder, string.Create(
                CultureInfo.InvariantCulture,
                $"its golden crop's logits differ by {difference / largest:g3} of the largest, where {golden.Tolerance:g3} is allowed: "
                + $"{Provider} computes other values than the export did. Copy the package again, or export it again."));
        }
    }

    /// <summary>Frees the graphs. No run may be in progress.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed)
            {
                return;
            }

            disposed = true;
            while (idle.TryPop(out var run))
            {
                run.Dispose();
            }

            DisposeGraphsIfUnused();
        }
    }

    /// <summary>Bytes of one canvas, 3 × canvas × canvas.</summary>
    internal int CanvasBytes => NetworkArchitecture.Channels * Card.Preprocessing.Canvas * Card.Preprocessing.Canvas;

    /// <summary>Bytes of the input tensor for one crop: bytes or floats, as the card says.</summary>
    internal int TensorBytes => CropBytes * (Card.Preprocessing.Type == PixelType.Float32 ? sizeof(float) : 1);

    /// <summary>Rents a run of up to <see cref="MaxCropsPerRun"/> crops; give it back with <see cref="Return"/>.</summary>
    internal CropRun Rent()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            var run = idle.TryPop(out var found) ? found : new CropRun(graphs);
            rented++;
            run.Begin();
            return run;
        }
    }

    /// <summary>Gives a run back, also one that threw. The session may be disposed: a request is answered before its run is back.</summary>
    internal void Return(CropRun run)
    {
        lock (gate)
        {
            rented--;
            if (!disposed)
            {
                idle.Push(run);
                return;
            }

            run.Dispose();
            DisposeGraphsIfUnused();
        }
    }

    private void DisposeGraphsIfUnused()
    {
        if (rented == 0)
        {
            graphs.Dispose();
        }
    }

    /// <summary>Runs crops, or windows of a canvas where there are any.</summary>
    private void Run(ReadOnlySpan<byte> pixels, ReadOnlySpan<CropWindow> windows, int count, CropOutputs outputs)
    {
        RequireRows(outputs, count);
        var run = Rent();
        try
        {
            for (var first = 0; first < count; first += run.Count)
            {
                run.Begin();
                if (!windows.IsEmpty)
                {
                    run.Add(pixels, windows.Slice(first, Math.Min(run.Room, count - first)));
                }

                for (var i = first; windows.IsEmpty && i < count && run.Room > 0; i++)
                {
                    run.Add(pixels.Slice(i * CropBytes, CropBytes), isTensor: false);
                }

                run.Execute(outputs.Kinds);
                CopyRows(run, outputs, first);
            }
        }
        finally
        {
            Return(run);
        }
    }

    private static void CopyRows(CropRun run, CropOutputs outputs, int first)
    {
        foreach (var kind in CropOutputs.AllKinds.Where(kind => outputs.Kinds.HasFlag(kind)))
        {
            for (var i = 0; i < run.Count; i++)
            {
                var row = run.Row(kind, i);
                row.CopyTo(outputs[kind].Span[((first + i) * row.Length)..]);
            }
        }
    }

    /// <summary>Checks the lengths of the memory that takes answers; empty memory is not asked for.</summary>
    /// <exception cref="ArgumentException">It has another length, or the card names no such tensor.</exception>
    private void RequireRows(CropOutputs outputs, int count)
    {
        foreach (var kind in CropOutputs.AllKinds)
        {
            var values = graphs.Find(kind)?.Values ?? 0;
            if (!outputs[kind].IsEmpty && outputs[kind].Length != count * values)
            {
                throw new ArgumentException(
                    $"'{Card.Name}' gives {count * values} values of {kind} for {count} crops; there is room for {outputs[kind].Length}.");
            }
        }
    }
}
