using System.Runtime.InteropServices;
using AlexNetService.Imaging;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace AlexNetService.Inference.Sessions;

/// <summary>The input of a graph that takes pixels: planar RGB in, whatever the card says the tensor holds.</summary>
/// <param name="packing">How pixels become values.</param>
/// <param name="tensor">Where the values lie.</param>
internal sealed class PixelInput(CropPacking packing, TensorMemory tensor)
{
    private readonly byte[] planes = packing.IsIdentity ? [] : new byte[packing.CropValues];

    public int Rows => tensor.Plan.Rows;

    /// <param name="row">Row of the input.</param>
    /// <param name="pixels">[3,side,side], 0..255, red plane first.</param>
    public void Write(int row, ReadOnlySpan<byte> pixels)
    {
        if (packing.IsIdentity)
        {
            pixels.CopyTo(tensor.Row(row));
        }
        else if (tensor.Plan.Type == TensorElementType.UInt8)
        {
            packing.ToBytes(pixels, tensor.Row(row));
        }
        else
        {
            packing.ToFloats(pixels, MemoryMarshal.Cast<byte, float>(tensor.Row(row)));
        }
    }

    /// <param name="row">Row of the input.</param>
    /// <param name="values">The row, as the tensor holds it.</param>
    public void WriteTensor(int row, ReadOnlySpan<byte> values) => values.CopyTo(tensor.Row(row));

    /// <param name="row">Row of the input.</param>
    /// <param name="canvas">[3,canvasSide,canvasSide], 0..255, red plane first.</param>
    /// <param name="canvasSide">Side of the canvas, in pixels.</param>
    /// <param name="window">The part of it that is written.</param>
    public void Write(int row, ReadOnlySpan<byte> canvas, int canvasSide, CropWindow window)
    {
        if (packing.IsIdentity)
        {
            window.CopyTo(canvas, canvasSide, tensor.Row(row), packing.Side);
        }
        else
        {
            window.CopyTo(canvas, canvasSide, planes, packing.Side);
            Write(row, planes);
        }
    }
}
