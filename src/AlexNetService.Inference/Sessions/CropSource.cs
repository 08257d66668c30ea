using AlexNetService.Imaging;

namespace AlexNetService.Inference.Sessions;

/// <summary>Brings crops into the input of the graph that ends in the answers: pixels of the whole network, or maps of its rest.</summary>
internal abstract class CropSource : IDisposable
{
    /// <summary>Forgets the crops of a run that came to no end.</summary>
    public abstract void Begin();

    /// <param name="row">Row of the input.</param>
    /// <param name="crop">[3,crop,crop], 0..255, red plane first.</param>
    public abstract void Put(int row, ReadOnlySpan<byte> crop);

    /// <param name="row">Row of the input.</param>
    /// <param name="tensor">What the package's input tensor holds for one crop, byte for byte.</param>
    public abstract void PutTensor(int row, ReadOnlySpan<byte> tensor);

    /// <param name="row">First row of the input; a row for each window.</param>
    /// <param name="canvas">[3,canvas,canvas], 0..255, red plane first, of the card's canvas.</param>
    /// <param name="windows">Parts of the canvas.</param>
    public abstract void Put(int row, ReadOnlySpan<byte> canvas, ReadOnlySpan<CropWindow> windows);

    /// <summary>All rows are filled once this is done.</summary>
    public abstract void Complete();

    public abstract void Dispose();
}

/// <summary>Every crop is cut and packed by itself.</summary>
internal sealed class SeparateCrops(PixelInput input, int canvasSide) : CropSource
{
    public override void Begin()
    {
    }

    public override void Put(int row, ReadOnlySpan<byte> crop) => input.Write(row, crop);

    public override void PutTensor(int row, ReadOnlySpan<byte> tensor) => input.WriteTensor(row, tensor);

    public override void Put(int row, ReadOnlySpan<byte> canvas, ReadOnlySpan<CropWindow> windows)
    {
        for (var i = 0; i < windows.Length; i++)
        {
            input.Write(row + i, canvas, canvasSide, windows[i]);
        }
    }

    public override void Complete()
    {
    }

    public override void Dispose()
    {
    }
}
