using System.Buffers;
using System.Runtime.InteropServices;

namespace AlexNetService.Onnx.Graph;

/// <summary>
/// An array's bytes without a copy of it: the full network's weights are 244 MB, and writing the file copies them once already.
/// </summary>
/// <param name="values">The array; it must not change while the bytes are in use.</param>
internal sealed class FloatBytes(float[] values) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(values.AsSpan());

    public override MemoryHandle Pin(int elementIndex = 0) => elementIndex % sizeof(float) == 0
        ? values.AsMemory(elementIndex / sizeof(float)).Pin()
        : throw new NotSupportedException("Only whole floats can be pinned.");

    public override void Unpin()
    {
        // The handle that Pin returns unpins.
    }

    protected override void Dispose(bool disposing)
    {
        // The array belongs to the collector.
    }
}
