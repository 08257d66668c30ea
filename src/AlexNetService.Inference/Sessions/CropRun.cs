using AlexNetService.Imaging;

namespace AlexNetService.Inference.Sessions;

/// <summary>One run of a model, from pixels to answers, in memory that is used again. For one thread at a time.</summary>
internal sealed class CropRun : IDisposable
{
    private readonly RunLayout layout;
    private readonly RunTensor input;
    private readonly Dictionary<OutputKinds, RunTensor> outputs;
    private readonly GraphRun graph;
    private readonly PixelPacking packing;
    private readonly TrunkRun? trunk;

    /// <param name="layout">The model's graphs and tensors.</param>
    /// <param name="memory">At least as long as the layout.</param>
    public CropRun(RunLayout layout, RunMemory memory)
    {
        (this.layout, Memory) = (layout, memory);
        var (tensors, answers) = (memory.Lay(layout.Tensors), 1 + layout.Outputs.Count);
        input = tensors[0];
        outputs = tensors[1..answers].ToDictionary(output => output.Tensor.Kind);
        graph = new GraphRun(layout.Graph, input, [.. layout.Answers.Outputs.Select(output => outputs[output.Kind])]);
        packing = new PixelPacking(layout.Card.Preprocessing, layout.Card.Preprocessing.Crop);
        trunk = layout.Trunk is null ? null : new TrunkRun(layout, tensors.AsSpan(answers..), input);
    }

    public RunMemory Memory { get; }

    /// <summary>Crops that were added.</summary>
    public int Count { get; private set; }

    /// <summary>Crops that can still be added.</summary>
    public int Room => layout.Sizes.Largest - Count;

    /// <summary>Begins anew, also after a run that threw.</summary>
    public void Begin()
    {
        Count = 0;
        trunk?.Begin();
    }

    /// <param name="crop">[3,crop,crop], 0..255, red plane first.</param>
    public void Add(ReadOnlySpan<byte> crop)
    {
        var row = Count++;
        packing.Pack(crop, trunk is null ? input.Row(row) : trunk.Next(row));
    }

    /// <param name="tensor">One crop as the package's input tensor holds it, byte for byte.</param>
    public void AddTensor(ReadOnlySpan<byte> tensor)
    {
        var row = Count++;
        tensor.CopyTo(trunk is null ? input.Row(row) : trunk.Next(row));
    }

    /// <param name="canvas">[3,canvas,canvas] of the card's canvas, 0..255, red plane first.</param>
    /// <param name="windows">Parts of it, no more than there is room for.</param>
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
            var row = Count++;
            packing.Pack(canvas, window, trunk is null ? input.Row(row) : trunk.Next(row));
        }
    }

    /// <summary>Runs the crops that were added.</summary>
    public void Execute(OutputKinds kinds)
    {
        trunk?.RunCrops();
        var needed = layout.Answers.Needed(kinds);

        // A fixed batch is run again and again. Rows behind the last crop are computed and not read.
        var batch = layout.Answers.FixedBatch ?? layout.Sizes.Padded(Count);
        for (var first = 0; first < Count; first += batch)
        {
            graph.Run(first, batch, needed);
        }

        if (kinds.HasFlag(OutputKinds.Probabilities) && !needed.HasFlag(OutputKinds.Probabilities))
        {
            var temperature = layout.Card.Calibration?.Temperature ?? 1;
            for (var i = 0; i < Count; i++)
            {
                Softmax.Row(Row(OutputKinds.Logits, i), temperature, outputs[OutputKinds.Probabilities].Floats(i));
            }
        }
    }

    /// <summary>A crop's answer, to be read after the run.</summary>
    public ReadOnlySpan<float> Row(OutputKinds kind, int crop) => outputs[kind].Floats(crop);

    public void Dispose()
    {
        trunk?.Dispose();
        graph.Dispose();
    }
}
