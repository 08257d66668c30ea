using AlexNetService.Imaging;

namespace AlexNetService.Inference.Sessions;

/// <summary>One run of a model, from pixels to answers, in memory that is used again. For one thread at a time.</summary>
/// <param name="memory">What it lies in.</param>
/// <param name="source">Fills the graph's input.</param>
/// <param name="graph">The graph that ends in the answers.</param>
/// <param name="outputs">Where each kind of answer lies, those that are made from another one included.</param>
/// <param name="binding">What the graph can give.</param>
/// <param name="sizes">Numbers of rows to run.</param>
/// <param name="temperature">What logits are divided by where probabilities are made from them.</param>
internal sealed class CropRun(
    RunMemory memory,
    CropSource source,
    GraphRun graph,
    IReadOnlyDictionary<OutputKinds, TensorMemory> outputs,
    GraphBinding binding,
    BatchSizes sizes,
    double temperature) : IDisposable
{
    public RunMemory Memory => memory;

    /// <summary>Crops that were added.</summary>
    public int Count { get; private set; }

    /// <summary>Crops that can still be added.</summary>
    public int Room => sizes.Largest - Count;

    public void Begin()
    {
        Count = 0;
        source.Begin();
    }

    /// <param name="crop">[3,crop,crop], 0..255, red plane first.</param>
    public void Add(ReadOnlySpan<byte> crop) => source.Put(Count++, crop);

    /// <param name="tensor">What the package's input tensor holds for one crop, byte for byte.</param>
    public void AddTensor(ReadOnlySpan<byte> tensor) => source.PutTensor(Count++, tensor);

    /// <param name="canvas">[3,canvas,canvas], 0..255, red plane first, of the card's canvas.</param>
    /// <param name="windows">Parts of it, no more than there is room for.</param>
    public void Add(ReadOnlySpan<byte> canvas, ReadOnlySpan<CropWindow> windows)
    {
        source.Put(Count, canvas, windows);
        Count += windows.Length;
    }

    /// <summary>Runs the crops that were added.</summary>
    public void Execute(OutputKinds kinds)
    {
        source.Complete();
        var needed = binding.Needed(kinds);

        // A fixed batch is run again and again; what stands in the rows behind the last crop is computed and not read.
        var batch = binding.FixedBatch ?? sizes.Padded(Count);
        for (var first = 0; first < Count; first += batch)
        {
            graph.Run(first, batch, needed);
        }

        if (kinds.HasFlag(OutputKinds.Probabilities) && !needed.HasFlag(OutputKinds.Probabilities))
        {
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
        source.Dispose();
        graph.Dispose();
    }
}
