using System.Runtime.InteropServices;
using AlexNetService.ModelSpec.Package;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// Everything one run reads and writes, allocated once for the largest run and used again. The arrays are pinned, so that
/// tensors over them can be kept as well.
/// </summary>
internal sealed class RunBuffers : IDisposable
{
    private readonly GraphBinding graph;
    private readonly CropPacking packing;
    private readonly int rows;
    private readonly byte[] crops;
    private readonly byte[] bytes;
    private readonly float[] floats;
    private readonly Dictionary<OutputKinds, float[]> outputs = [];
    private readonly Dictionary<(int First, int Count, OutputKinds Kinds), RunTensors> tensors = [];

    public RunBuffers(GraphBinding graph, CropPacking packing, PixelType type, int capacity)
    {
        this.graph = graph;
        this.packing = packing;
        var batch = graph.FixedBatch ?? 1;
        rows = (capacity + batch - 1) / batch * batch;
        crops = Pinned<byte>(rows * packing.CropValues);
        bytes = packing.IsIdentity ? crops : Pinned<byte>(type == PixelType.UInt8 ? crops.Length : 0);
        floats = Pinned<float>(type == PixelType.Float32 ? crops.Length : 0);
    }

    /// <summary>The place of a crop, [3,crop,crop], 0..255, red plane first; to be filled before the run.</summary>
    public Span<byte> Crop(int index) => crops.AsSpan(index * packing.CropValues, packing.CropValues);

    /// <summary>The values of a crop, to be read after the run.</summary>
    public Span<float> Row(OutputKinds kind, int index)
    {
        var values = Output(kind);
        var width = values.Length / rows;
        return values.AsSpan(index * width, width);
    }

    /// <summary>Brings the filled crops into the tensor's layout.</summary>
    public void Pack(int count)
    {
        for (var i = 0; i < count && !packing.IsIdentity; i++)
        {
            var first = i * packing.CropValues;
            if (floats.Length > 0)
            {
                packing.ToFloats(Crop(i), floats.AsSpan(first, packing.CropValues));
            }
            else
            {
                packing.ToBytes(Crop(i), bytes.AsSpan(first, packing.CropValues));
            }
        }
    }

    /// <summary>Tensors over a part of the buffers.</summary>
    public RunTensors Tensors(int first, int count, OutputKinds kinds)
    {
        ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(tensors, (first, count, kinds), out _);
        return kept ??= Create(first, count, kinds);
    }

    public void Dispose()
    {
        foreach (var kept in tensors.Values)
        {
            kept.Dispose();
        }

        tensors.Clear();
    }

    private RunTensors Create(int first, int count, OutputKinds kinds)
    {
        var needed = graph.Needed(kinds);
        long[] shape = [count, .. graph.CropShape];
        var input = floats.Length > 0
            ? Over(floats, first, count, packing.CropValues, shape)
            : Over(bytes, first, count, packing.CropValues, shape);
        return new RunTensors(
            [graph.Input],
            [input],
            [.. needed.Select(output => output.Name)],
            [.. needed.Select(output => Over(Output(output.Kind), first, count, output.Values, [count, .. output.CropShape]))]);
    }

    private float[] Output(OutputKinds kind)
    {
        ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(outputs, kind, out _);

        // Probabilities have as many values as the logits they can be made from.
        return kept ??= Pinned<float>(rows * (graph.Find(kind) ?? graph.Needed(kind)[0]).Values);
    }

    private static OrtValue Over<T>(T[] values, int first, int count, int width, long[] shape)
        where T : unmanaged =>
        OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values.AsMemory(first * width, count * width), shape);

    private static T[] Pinned<T>(int length) => GC.AllocateArray<T>(length, pinned: true);
}

/// <summary>The tensors of one run, with the names they are bound to.</summary>
internal sealed record RunTensors(string[] InputNames, OrtValue[] Inputs, string[] OutputNames, OrtValue[] Outputs) : IDisposable
{
    public void Dispose()
    {
        foreach (var value in Inputs.Concat(Outputs))
        {
            value.Dispose();
        }
    }
}
