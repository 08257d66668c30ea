using System.Collections.Concurrent;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// A package open in ONNX Runtime. Takes planar uint8 RGB crops whatever the graph wants, and gives probabilities whatever the
/// graph ends in: the card says how. Any number of threads may run it at once; each run takes its own buffers.
/// </summary>
public sealed class ModelSession : IDisposable
{
    private readonly InferenceSession runtime;
    private readonly RunOptions runOptions = new();
    private readonly GraphBinding graph;
    private readonly CropPacking packing;
    private readonly ConcurrentBag<RunBuffers> idle = [];
    private readonly UseCount uses;
    private volatile bool disposed;

    private ModelSession(ModelPackage package, ExecutionTarget target, RuntimeOptions options, InferenceSession runtime)
    {
        graph = new GraphInspection(package, runtime).Bind();
        packing = new CropPacking(package.Card.Preprocessing);
        this.runtime = runtime;
        uses = new UseCount(Free);
        Package = package;
        Device = target.Device;
        Provider = target.Provider;
        MaxCropsPerRun = options.MaxCropsPerRun;
    }

    /// <summary>The package.</summary>
    public ModelPackage Package { get; }

    /// <summary>The package's card.</summary>
    public ModelCard Card => Package.Card;

    /// <summary>The device the graph runs on: <c>cpu</c> or <c>cuda:N</c>.</summary>
    public string Device { get; }

    /// <summary>The ONNX Runtime provider that runs it, such as <c>CPUExecutionProvider</c>.</summary>
    public string Provider { get; }

    /// <summary>Crops in one run of the graph at most; <see cref="Run(ReadOnlySpan{byte}, int, CropOutputs)"/> takes any number.</summary>
    public int MaxCropsPerRun { get; }

    /// <summary>Bytes of one crop, 3 × crop × crop.</summary>
    public int CropBytes => packing.CropValues;

    /// <summary>Number of classes: values of one crop's logits or probabilities.</summary>
    public int Classes => Card.Labels.Count;

    /// <summary>Whether logits can be asked for.</summary>
    public bool HasLogits => graph.Find(OutputKinds.Logits) is not null;

    /// <summary>Values of one crop's feature vector; 0 where the card names no features tensor.</summary>
    public int Features => graph.Find(OutputKinds.Features)?.Values ?? 0;

    /// <summary>The only batch size the graph takes, or null where it takes any.</summary>
    public int? FixedBatch => graph.FixedBatch;

    /// <summary>Opens a package and holds its graph against its card.</summary>
    /// <param name="package">The package, its hash verified.</param>
    /// <param name="options">Device, threads and buffer size.</param>
    /// <exception cref="InvalidPackageException">The graph cannot be read, or is not what the card says.</exception>
    /// <exception cref="DeviceUnavailableException">The device is not there, or not in this build.</exception>
    public static ModelSession Open(ModelPackage package, RuntimeOptions options)
    {
        var target = ExecutionTarget.Of(options);
        using var sessionOptions = target.Configure(options);
        var runtime = Load(package, sessionOptions);
        try
        {
            return new ModelSession(package, target, options, runtime);
        }
        catch
        {
            runtime.Dispose();
            throw;
        }
    }

    /// <summary>Runs crops and gives their probabilities.</summary>
    /// <param name="crops">[count,3,crop,crop], 0..255, red plane first.</param>
    /// <param name="count">Number of crops.</param>
    /// <param name="probabilities">[count,classes], written whole.</param>
    public void Run(ReadOnlySpan<byte> crops, int count, Span<float> probabilities) =>
        Run(crops, count, new CropOutputs { Probabilities = probabilities });

    /// <summary>Runs crops and gives what is asked for.</summary>
    /// <param name="crops">[count,3,crop,crop], 0..255, red plane first.</param>
    /// <param name="count">Number of crops; more than <see cref="MaxCropsPerRun"/> become several runs.</param>
    /// <param name="outputs">The spans to write; each has exactly count rows.</param>
    /// <exception cref="ArgumentException">A span has another length than count asks for, or the card names no such tensor.</exception>
    public void Run(ReadOnlySpan<byte> crops, int count, CropOutputs outputs)
    {
        Require(crops.Length, count * CropBytes, nameof(crops));
        Require(outputs.Probabilities.Length, Asked(outputs, OutputKinds.Probabilities) * count * Classes, nameof(outputs.Probabilities));
        Require(outputs.Logits.Length, Asked(outputs, OutputKinds.Logits) * count * (HasLogits ? Classes : 0), nameof(outputs.Logits));
        Require(outputs.Features.Length, Asked(outputs, OutputKinds.Features) * count * Features, nameof(outputs.Features));

        var buffers = Rent();
        for (var first = 0; first < count; first += MaxCropsPerRun)
        {
            var now = Math.Min(MaxCropsPerRun, count - first);
            for (var i = 0; i < now; i++)
            {
                crops.Slice((first + i) * CropBytes, CropBytes).CopyTo(buffers.Crop(i));
            }

            Execute(buffers, now, outputs.Kinds);
            CopyRows(buffers, now, outputs, first, OutputKinds.Probabilities);
            CopyRows(buffers, now, outputs, first, OutputKinds.Logits);
            CopyRows(buffers, now, outputs, first, OutputKinds.Features);
        }

        Return(buffers);
    }

    /// <summary>Runs black crops, one, ten and as many as fit, so that no request pays for first-time allocations.</summary>
    public void Warm()
    {
        var buffers = Rent();
        foreach (var count in (int[])[1, 10, MaxCropsPerRun])
        {
            Execute(buffers, Math.Min(count, MaxCropsPerRun), OutputKinds.Probabilities);
        }

        Return(buffers);
    }

    /// <summary>
    /// Frees the graph and its buffers, or has the last run under way free them: a cancelled request is gone before its run is.
    /// </summary>
    public void Dispose()
    {
        if (!Interlocked.Exchange(ref disposed, true))
        {
            uses.Leave();
        }
    }

    /// <summary>Buffers for a run of up to <see cref="MaxCropsPerRun"/> crops; given back by <see cref="Return"/>.</summary>
    internal RunBuffers Rent()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return idle.TryTake(out var buffers) ? buffers : new RunBuffers(graph, packing, Card.Preprocessing.Type, MaxCropsPerRun);
    }

    /// <summary>Gives buffers back. Those of a run that threw are better left to the collector.</summary>
    internal void Return(RunBuffers buffers)
    {
        idle.Add(buffers);
        if (disposed)
        {
            FreeIdle();
        }
    }

    /// <summary>Runs the crops that were filled into the buffers.</summary>
    internal void Execute(RunBuffers buffers, int count, OutputKinds kinds)
    {
        buffers.Pack(count);
        ObjectDisposedException.ThrowIf(!uses.TryEnter(), this);
        try
        {
            RunGraph(buffers, count, kinds);
        }
        finally
        {
            uses.Leave();
        }

        if (kinds.HasFlag(OutputKinds.Probabilities) && graph.Find(OutputKinds.Probabilities) is null)
        {
            for (var i = 0; i < count; i++)
            {
                Softmax.Row(buffers.Row(OutputKinds.Logits, i), Card.Calibration?.Temperature ?? 1, buffers.Row(OutputKinds.Probabilities, i));
            }
        }
    }

    private void RunGraph(RunBuffers buffers, int count, OutputKinds kinds)
    {
        // A fixed batch is run again and again; what stands in the rows behind the last crop is computed and not read.
        var batch = graph.FixedBatch ?? count;
        for (var first = 0; first < count; first += batch)
        {
            var tensors = buffers.Tensors(first, batch, kinds);
            runtime.Run(runOptions, tensors.InputNames, tensors.Inputs, tensors.OutputNames, tensors.Outputs);
        }
    }

    private void Free()
    {
        FreeIdle();
        runOptions.Dispose();
        runtime.Dispose();
    }

    private void FreeIdle()
    {
        while (idle.TryTake(out var buffers))
        {
            buffers.Dispose();
        }
    }

    private static InferenceSession Load(ModelPackage package, SessionOptions options)
    {
        try
        {
            return new InferenceSession(package.GraphPath, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidPackageException(package.Folder, $"ONNX Runtime cannot open {package.Card.Graph.File}: {e.Message}", e);
        }
    }

    private static int Asked(CropOutputs outputs, OutputKinds kind) => outputs.Kinds.HasFlag(kind) ? 1 : 0;

    private static void CopyRows(RunBuffers buffers, int count, CropOutputs outputs, int first, OutputKinds kind)
    {
        var target = outputs[kind];
        for (var i = 0; i < count && !target.IsEmpty; i++)
        {
            var row = buffers.Row(kind, i);
            row.CopyTo(target[((first + i) * row.Length)..]);
        }
    }

    private void Require(int length, int expected, string span)
    {
        if (length != expected)
        {
            throw new ArgumentException($"'{Card.Name}' needs {expected} values here; the span has {length}.", span);
        }
    }
}
