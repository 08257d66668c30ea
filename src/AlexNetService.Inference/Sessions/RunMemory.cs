using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AlexNetService.Inference.Sessions;

/// <summary>A tensor that a run needs: how many rows of what.</summary>
/// <param name="Type">Element type: bytes, floats or half floats.</param>
/// <param name="RowShape">Dimensions of one row, such as [3,crop,crop].</param>
/// <param name="Rows">Rows at most.</param>
internal sealed record TensorPlan(TensorElementType Type, long[] RowShape, int Rows)
{
    // Where vectors begin.
    private const int Alignment = 64;

    public static int BytesOf(TensorElementType type) => type switch
    {
        TensorElementType.UInt8 => 1,
        TensorElementType.Float16 => 2,
        _ => sizeof(float),
    };

    public int RowBytes { get; } = checked((int)(BytesOf(Type) * RowShape.Aggregate(1L, (product, dimension) => product * dimension)));

    /// <summary>Bytes in a run's memory.</summary>
    public long Bytes => ((((long)RowBytes * Rows) + Alignment - 1) / Alignment * Alignment) + Alignment;
}

/// <summary>One pinned block for everything that a run reads and writes. Sessions use it one after the other, each in its own layout.</summary>
/// <param name="length">Length, in bytes.</param>
internal sealed class RunMemory(int length)
{
    private readonly byte[] block = GC.AllocateArray<byte>(length, pinned: true);

    public int Length => length;

    /// <summary>Whether the pool has given it up for a larger one.</summary>
    public bool Retired { get; set; }

    /// <summary>Lays tensors into the block, one behind the other.</summary>
    public TensorMemory[] Lay(IReadOnlyList<TensorPlan> plans)
    {
        var tensors = new TensorMemory[plans.Count];
        long offset = 0;
        for (var i = 0; i < tensors.Length; i++)
        {
            tensors[i] = new TensorMemory(plans[i], block, (int)offset);
            offset += plans[i].Bytes;
        }

        return tensors;
    }
}

/// <summary>A tensor's place in the memory of a run.</summary>
internal sealed class TensorMemory(TensorPlan plan, byte[] block, int offset)
{
    public TensorPlan Plan => plan;

    public Span<byte> Row(int row) => block.AsSpan(offset + (row * plan.RowBytes), plan.RowBytes);

    public Span<float> Floats(int row) => MemoryMarshal.Cast<byte, float>(Row(row));

    /// <summary>A tensor over some of the rows; to be disposed. The block is pinned for as long as anybody holds it.</summary>
    public OrtValue View(int first, int count) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance,
        plan.Type,
        [count, .. plan.RowShape],
        Marshal.UnsafeAddrOfPinnedArrayElement(block, offset + (first * plan.RowBytes)),
        (long)count * plan.RowBytes);
}
