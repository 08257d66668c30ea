using static TorchSharp.torch;

namespace AlexNetService.Training.Loop;

/// <summary>
/// The rectangle of every crop of a batch that comes from the next crop (Yun et al. 2019). The loss weighs both labels by their area, so
/// the network cannot rely on one part of an object. All crops of a batch have the same rectangle.
/// </summary>
/// <param name="Top">First row.</param>
/// <param name="Left">First column.</param>
/// <param name="Height">Rows, 0 or more.</param>
/// <param name="Width">Columns, 0 or more.</param>
internal readonly record struct CutMix(int Top, int Left, int Height, int Width)
{
    /// <summary>
    /// Draws the rectangle of a step: its area before it is cut at the edges is uniform, and so is the place of its centre. Null if the
    /// step is not one of the share, 0 to 1, that mixes.
    /// </summary>
    public static CutMix? Draw(double share, int side, long seed)
    {
        var random = new Random((int)(seed ^ (seed >> 32)));
        if (random.NextDouble() >= share)
        {
            return null;
        }

        var half = side * Math.Sqrt(random.NextDouble()) / 2;
        var (top, height) = Extent();
        var (left, width) = Extent();
        return new CutMix(top, left, height, width);

        (int First, int Length) Extent()
        {
            var centre = side * random.NextDouble();
            var first = (int)Math.Max(0, centre - half);
            return (first, (int)Math.Min(side, centre + half) - first);
        }
    }

    /// <summary>
    /// Copies the rectangle of each crop from the next crop, and the last crop's from the first. Crops are [N,3,crop,crop] for each column,
    /// on its device; columns may share a tensor. Of a part of a batch there is one crop more than the <paramref name="count"/> that are
    /// mixed: the one after them. Gives the share of the area that is copied, 0 to 1.
    /// </summary>
    public double Mix(IReadOnlyList<Tensor> crops, long? count = null)
    {
        foreach (var crop in crops.Distinct<Tensor>(ReferenceEqualityComparer.Instance))
        {
            var rectangle = crop.narrow(2, Top, Height).narrow(3, Left, Width);
            var mixed = count ?? rectangle.shape[0];
            rectangle.narrow(0, 0, mixed).copy_(Next(rectangle, mixed));
        }

        return (double)Height * Width / (crops[0].shape[2] * crops[0].shape[3]);
    }

    /// <summary>
    /// [N,…] → the values of the next crop in the place of each crop's own: N, or one less if the last crop is there only as the next one.
    /// (<c>roll</c> does not exist for the meta device.)
    /// </summary>
    public static Tensor Next(Tensor values, long count) => values.shape[0] > count
        ? values.narrow(0, 1, count).clone()
        : cat([values.narrow(0, 1, count - 1), values.narrow(0, 0, 1)]);
}
