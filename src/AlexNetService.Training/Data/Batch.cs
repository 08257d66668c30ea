using static TorchSharp.torch;

namespace AlexNetService.Training.Data;

/// <summary>A reused buffer of crops and labels.</summary>
public sealed class Batch : IDisposable
{
    internal Batch(int size, int crop)
    {
        CropBuffer = empty(size, crop, crop, 3).DetachFromDisposeScope();
        LabelBuffer = empty(size, dtype: ScalarType.Int64).DetachFromDisposeScope();
    }

    /// <summary>How many crops are filled.</summary>
    public int Count { get; internal set; }

    internal Tensor CropBuffer { get; }

    internal Tensor LabelBuffer { get; }

    /// <summary>[count,3,crop,crop] in channels-last memory, a view of the buffer, 0..255 less the mean colour.</summary>
    public Tensor Crops() => CropBuffer.narrow(0, 0, Count).permute(0, 3, 1, 2);

    /// <summary>[count] class indices, a view of the buffer.</summary>
    public Tensor Labels() => LabelBuffer.narrow(0, 0, Count);

    /// <inheritdoc/>
    public void Dispose()
    {
        CropBuffer.Dispose();
        LabelBuffer.Dispose();
    }
}
