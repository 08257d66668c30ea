using AlexNetService.Imaging;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>One run of a model, from pixels to answers, in memory that is used again. For one thread at a time.</summary>
internal sealed class CropRun : IDisposable
{
    private readonly ModelGraphs model;
    private readonly OrtMemoryAllocation host;
    private readonly OrtMemoryAllocation? device;
    private readonly RunTensor input;
    private readonly Dictionary<OutputKinds, RunTensor> outputs;
    private readonly GraphRun graph;
    private readonly PixelPacking packing;
    private readonly TrunkRun? trunk;

    public CropRun(ModelGraphs model)
    {
        this.model = model;
        (host, device) = model.Allocate();
        var (tensors, answers) = (Lay(), 1 + model.Outputs.Count);
        input = tensors[0];
        outputs = tensors[1..answers].ToDictionary(output => output.Tensor.Kind);
        graph = new GraphRun(model.Answers, input, [.. outputs.Values]);
        packing = new PixelPacking(model.Card.Preprocessing, model.Card.Preprocessing.Crop);
        trunk = model is { Trunk: { } trunkGraph, Card.Split: { } split }
            ? new TrunkRun(model, trunkGraph, split, tensors.AsSpan(answers..), input)
            : null;
    }

    /// <summary>Crops that were added.</summary>
    public int Count { get; private set; }

    /// <summary>Crops that can still be added.</summary>
    public int Room => model.MaxCrops - Count;

    /// <summary>Begins anew, also after a run that threw.</summary>
    public void Begin()
    {
        Count = 0;
        trunk?.Begin();
    }

    /// <summary>Adds a crop: [3,crop,crop], 0..255, red plane first, or a row of the package's input tensor.</summary>
    public void Add(ReadOnlySpan<byte> crop, bool isTensor)
    {
        var row = NextRow();
        if (isTensor)
        {
            crop.CopyTo(row);
        }
        else
        {
            packing.Pack(crop, row);
        }
    }

    /// <summary>Adds windows, no more than there is room for, of a [3,canvas,canvas] canvas, 0..255, red plane first.</summary>
    public void Add(ReadOnlySpan<byte> canvas, ReadOnlySpan<CropWindow> windows)
    {
        if (trunk is not null && trunk.IsWorthwhile(windows))
        {
            trunk.Run(canvas, windows, Count);
            Count += windows.Length;
            return;
        }

        foreach (var window in windows)
        {
            packing.Pack(canvas, window, NextRow());
        }
    }

    /// <summary>Runs the crops that were added.</summary>
    public void Execute(OutputKinds kinds)
    {
        trunk?.RunCrops();
        var needed = model.Needed(kinds);

        // A fixed batch is run again and again. Rows behind the last crop are computed and not read.
        var batch = model.FixedBatch ?? model.Padded(Count, model.MaxCrops);
        for (var first = 0; first < Count; first += batch)
        {
            graph.Run(first, batch, needed);
        }

        if (kinds.HasFlag(OutputKinds.Probabilities) && !needed.HasFlag(OutputKinds.Probabilities))
        {
            var temperature = model.Card.Calibration?.Temperature ?? 1;
            for (var i = 0; i < Count; i++)
            {
                Softmax.Row(Row(OutputKinds.Logits, i), temperature, outputs[OutputKinds.Probabilities].Floats(i));
            }
        }
    }

    /// <summary>A crop's answer, to be read after the run.</summary>
    public ReadOnlySpan<float> Row(OutputKinds kind, int crop) => outputs[kind].Floats(crop);

    /// <summary>Whether a crop's answers of some kinds are all finite numbers, after the run.</summary>
    public bool IsFinite(OutputKinds kinds, int crop)
    {
        foreach (var kind in CropOutputs.AllKinds)
        {
            if (kinds.HasFlag(kind) && Row(kind, crop).ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Frees the memory before the finalizers of its handles would.</summary>
    public void Dispose()
    {
        trunk?.Dispose();
        graph.Dispose();
        host.Dispose();
        device?.Dispose();
    }

    /// <summary>Lays the tensors into the memory, one behind the other.</summary>
    private RunTensor[] Lay()
    {
        var tensors = new RunTensor[model.Tensors.Count];
        var (hostEnd, deviceEnd) = (0, 0);
        for (var i = 0; i < tensors.Length; i++)
        {
            var (tensor, rows, onDevice) = model.Tensors[i];
            ref var end = ref onDevice ? ref deviceEnd : ref hostEnd;
            tensors[i] = new RunTensor(tensor, rows, onDevice && device is not null ? device : host, onDevice, end);
            end += (int)RunTensor.Bytes(tensor, rows);
        }

        return tensors;
    }

    private Span<byte> NextRow()
    {
        var row = Count++;
        return trunk is null ? input.Row(row) : trunk.Next(row);
    }
}
