namespace AlexNetService.ModelSpec.Architecture;

/// <summary>
/// The first layers of a network whose maps of a crop are a window of their maps of the whole canvas. They pad nothing, nothing in them
/// depends on the place in the crop, and their strides divide the crops' offsets. Serving computes them for the canvas and for its mirror
/// instead of for each of the ten crops, with the same numbers.
/// </summary>
/// <param name="Layers">Number of layers, from the first.</param>
/// <param name="Step">Canvas pixels between neighbouring places of the maps: the product of the strides.</param>
/// <param name="Crop">The maps of a crop.</param>
/// <param name="Canvas">The maps of the canvas.</param>
public sealed record SharedTrunk(int Layers, int Step, Shape Crop, Shape Canvas)
{
    /// <summary>The longest trunk of a table that ends in a pooling layer, or null if there is none.</summary>
    /// <exception cref="ArchitectureException">A layer does not fit the output of the preceding layers.</exception>
    public static SharedTrunk? Of(NetworkArchitecture architecture)
    {
        var (canvas, crop) = architecture.Geometry;
        if (architecture.MeanImage)
        {
            return null;
        }

        // The crops' offsets, on the canvas and on its mirror, are 0, far / 2 (rounded down) and far.
        var far = canvas - crop;
        var rows = architecture.Rows();
        var (step, side, trunk) = (1, canvas, default(SharedTrunk));
        for (var i = 0; i < rows.Count; i++)
        {
            var (window, stride) = rows[i].Layer switch
            {
                Convolution { Padding: 0, EdgePadding: 0 } convolution => (convolution.Kernel, convolution.Stride),
                MaxPooling pooling => (pooling.Window, pooling.Stride),
                Scaling or Standardisation or Nonlinearity or LocalResponseNormalisation => (1, 1),
                _ => (0, 0),
            };
            step *= stride;
            if (stride == 0 || far % step != 0 || far / 2 % step != 0)
            {
                break;
            }

            side = ((side - window) / stride) + 1;
            if (rows[i].Layer is MaxPooling)
            {
                trunk = new SharedTrunk(i + 1, step, rows[i].Output, rows[i].Output with { Height = side, Width = side });
            }
        }

        return trunk;
    }
}
