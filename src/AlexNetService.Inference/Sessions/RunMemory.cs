using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// One pinned block for everything that a run reads and writes. Sessions use it one after the other, each in its own layout.
/// </summary>
/// <param name="length">Length, in bytes.</param>
internal sealed class RunMemory(int length)
{
    private readonly byte[] block = GC.AllocateArray<byte>(length, pinned: true);

    public int Length => length;

    /// <summary>Whether the pool has given it up for a larger one.</summary>
    public bool Retired { get; set; }

    /// <summary>Lays tensors into the block, one behind the other.</summary>
    /// <param name="layout">Tensors, and the number of rows of each.</param>
    public RunTensor[] Lay(IReadOnlyList<(GraphTensor Tensor, int Rows)> layout)
    {
        var tensors = new RunTensor[layout.Count];
        long offset = 0;
        for (var i = 0; i < tensors.Length; i++)
        {
            tensors[i] = new RunTensor(layout[i].Tensor, layout[i].Rows, block, (int)offset);
            offset += RunTensor.Bytes(layout[i].Tensor, layout[i].Rows);
        }

        return tensors;
    }
}

/// <summary>A tensor in the memory of a run.</summary>
/// <param name="tensor">Name, type and shape of a row.</param>
/// <param name="rows">Rows at most.</param>
/// <param name="block">The memory.</param>
/// <param name="offset">Where the tensor begins, in bytes.</param>
internal sealed class RunTensor(GraphTensor tensor, int rows, byte[] block, int offset)
{
    // Where vectors begin.
    private const int Alignment = 64;

    public GraphTensor Tensor => tensor;

    public int Rows => rows;

    /// <summary>Bytes that a tensor takes in the memory of a run.</summary>
    public static long Bytes(GraphTensor tensor, int rows) =>
        ((((long)tensor.RowBytes * rows) + Alignment - 1) / Alignment * Alignment) + Alignment;

    public Span<byte> Row(int row) => block.AsSpan(offset + (row * tensor.RowBytes), tensor.RowBytes);

    public Span<float> Floats(int row) => MemoryMarshal.Cast<byte, float>(Row(row));

    /// <summary>An ONNX Runtime value over some of the rows; to be disposed. The block is pinned for as long as it is referenced.</summary>
    public OrtValue View(int first, int count) => OrtValue.CreateTensorValueWithData(
        OrtMemoryInfo.DefaultInstance,
        tensor.Type,
        [count, .. tensor.RowShape],
        Marshal.UnsafeAddrOfPinnedArrayElement(block, offset + (first * tensor.RowBytes)),
        (long)count * tensor.RowBytes);
}

/// <summary>
/// The memory of runs: a block for each run at a time, whatever its model. Members of an ensemble take turns with it, and a model that
/// is loaded again finds it.
/// </summary>
internal sealed class RunMemoryPool
{
    private readonly Lock gate = new();
    private readonly List<RunMemory> idle = [];

    /// <param name="bytes">Length at least.</param>
    public RunMemory Rent(int bytes)
    {
        lock (gate)
        {
            var found = idle.FindLastIndex(memory => memory.Length >= bytes);
            if (found >= 0)
            {
                var memory = idle[found];
                idle.RemoveAt(found);
                return memory;
            }

            if (idle.Count > 0)
            {
                // Too small for the largest model that there is now.
                idle[^1].Retired = true;
                idle.RemoveAt(idle.Count - 1);
            }
        }

        return new RunMemory(bytes);
    }

    public void Return(RunMemory memory)
    {
        lock (gate)
        {
            idle.Add(memory);
        }
    }
}
