using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

/// <summary>
/// Everything that a run reads and writes: one block of host memory, and one in the memory of a GPU for the maps between two graphs.
/// Sessions on the CPU use it one after the other, each in its own layout.
/// </summary>
internal sealed class RunMemory(RunMemoryPool pool, OrtMemoryAllocation host, OrtMemoryAllocation? device) : IDisposable
{
    public RunMemoryPool Pool => pool;

    /// <summary>Whether the pool has given it up for a larger one.</summary>
    public bool Retired { get; set; }

    public bool Fits(int hostBytes, int deviceBytes) => host.Size >= hostBytes && (device?.Size ?? 0) >= deviceBytes;

    /// <summary>Lays tensors into the blocks, one behind the other; see <see cref="ModelGraphs.Tensors"/>.</summary>
    public RunTensor[] Lay(IReadOnlyList<(GraphTensor Tensor, int Rows, bool OnDevice)> layout)
    {
        var tensors = new RunTensor[layout.Count];
        var (hostEnd, deviceEnd) = (0, 0);
        for (var i = 0; i < tensors.Length; i++)
        {
            var (tensor, rows, onDevice) = layout[i];
            ref var end = ref onDevice ? ref deviceEnd : ref hostEnd;
            tensors[i] = new RunTensor(tensor, rows, onDevice && device is not null ? device : host, onDevice, end);
            end += (int)RunTensor.Bytes(tensor, rows);
        }

        return tensors;
    }

    /// <summary>Frees the blocks before the finalizers of their handles would; no tensor in them may be used any more.</summary>
    public void Dispose()
    {
        host.Dispose();
        device?.Dispose();
    }
}

/// <summary>A tensor in the memory of a run.</summary>
internal sealed unsafe class RunTensor(GraphTensor tensor, int rows, OrtMemoryAllocation block, bool onDevice, int offset)
{
    // Where vectors begin; GPUs read 256 bytes at a time.
    private const int Alignment = 256;

    public GraphTensor Tensor => tensor;

    public int Rows => rows;

    /// <summary>Whether the memory is the GPU's, which this process cannot read.</summary>
    public bool OnDevice => onDevice;

    /// <summary>Bytes that a tensor takes in the memory of a run.</summary>
    public static long Bytes(GraphTensor tensor, int rows) =>
        (((long)tensor.RowBytes * rows) + Alignment - 1) / Alignment * Alignment;

    /// <summary>The same memory under the name that another graph gives it.</summary>
    public RunTensor As(string name) => new(tensor with { Name = name }, rows, block, onDevice, offset);

    /// <exception cref="InvalidOperationException">The tensor is in the GPU's memory.</exception>
    public Span<byte> Row(int row) => onDevice
        ? throw new InvalidOperationException($"'{tensor.Name}' is in the memory of the device.")
        : new Span<byte>((byte*)block.DangerousGetHandle() + offset, rows * tensor.RowBytes).Slice(row * tensor.RowBytes, tensor.RowBytes);

    public Span<float> Floats(int row) => MemoryMarshal.Cast<byte, float>(Row(row));

    /// <summary>An ONNX Runtime value over some of the rows; to be disposed before the memory is.</summary>
    public OrtValue View(int first, int count) => OrtValue.CreateTensorValueWithData(
        // Page-locked memory is host memory to ONNX Runtime; the driver knows what is locked.
        onDevice ? block.Info : OrtMemoryInfo.DefaultInstance,
        tensor.Type,
        [count, .. tensor.RowShape],
        block.DangerousGetHandle() + offset + (first * tensor.RowBytes),
        (long)count * tensor.RowBytes);
}

/// <summary>
/// The memory of runs: as much as there are runs at a time. On the CPU one pool serves every model, so that members of an ensemble take
/// turns and a model that is loaded again finds it. On a GPU each model has a pool, because the allocators belong to its session.
/// </summary>
/// <param name="host">Allocates host memory; null is the default allocator. The pool disposes it.</param>
/// <param name="device">Allocates the GPU's memory, if any. The pool disposes it.</param>
internal sealed class RunMemoryPool(OrtAllocator? host = null, OrtAllocator? device = null) : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<RunMemory> idle = [];

    /// <summary>Rents memory of at least so many bytes.</summary>
    public RunMemory Rent(int hostBytes, int deviceBytes)
    {
        lock (gate)
        {
            var found = idle.FindLastIndex(memory => memory.Fits(hostBytes, deviceBytes));
            if (found >= 0)
            {
                var memory = idle[found];
                idle.RemoveAt(found);
                return memory;
            }

            if (idle.Count > 0)
            {
                // Too small for the largest model that there is now. Sessions that have bound tensors to it let go of it at their next
                // run; it is freed after the last of them.
                idle[^1].Retired = true;
                idle.RemoveAt(idle.Count - 1);
            }
        }

        return new RunMemory(
            this,
            (host ?? OrtAllocator.DefaultInstance).Allocate((uint)hostBytes),
            deviceBytes > 0 ? device?.Allocate((uint)deviceBytes) : null);
    }

    public void Return(RunMemory memory)
    {
        lock (gate)
        {
            idle.Add(memory);
        }
    }

    /// <summary>Frees the memory; no run may be in progress.</summary>
    public void Dispose()
    {
        idle.ForEach(memory => memory.Dispose());
        idle.Clear();
        host?.Dispose();
        device?.Dispose();
    }
}
