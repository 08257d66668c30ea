using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace AlexNetService.Inference.Sessions;

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
