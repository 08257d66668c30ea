namespace AlexNetService.ModelSpec.Architecture;

/// <summary>
/// The first layers of a network whose maps, for a crop, are a window of the maps they have for the whole canvas: no zeros at the edges,
/// nothing that depends on the place in the crop, and strides that divide the crops' offsets. Serving computes them once for a canvas
/// and once for its mirror instead of once for each of the ten crops, with the same numbers.
/// </summary>
/// <param name="Layers">How many layers of the table, from the first.</param>
/// <param name="Step">Pixels of the canvas between neighbouring places of the maps: the product of the strides.</param>
/// <param name="Crop">The maps of a crop.</param>
/// <param name="Canvas">The maps of the canvas.</param>
public sealed record SharedTrunk(int Layers, int Step, Shape Crop, Shape Canvas)
{
    /// <summary>The longest shared trunk of a table that ends in a pooling layer, or null where there is none.</summary>
    /// <param name="architecture">The table.</param>
    /// <exception cref="ArchitectureException">A layer does not fit what the layers before it produce.</exception>
    public static SharedTrunk? Of(NetworkArchitecture architecture)
    {
        var (canvas, crop) = architecture.Geometry;
        if (architecture.MeanImage)
        {
            return null;
        }

        // The offsets are 0, half of the far one (rounded down) and the far one, on the canvas and on its mirror.
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
