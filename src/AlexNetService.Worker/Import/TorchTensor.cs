namespace AlexNetService.Worker.Import;

/// <summary>A storage: consecutive numbers in a PyTorch file, of which tensors are views.</summary>
/// <param name="Type">Class of the storage in Python, such as <c>FloatStorage</c>.</param>
/// <param name="Key">Name of its entry in the archive, under <c>data/</c>.</param>
internal sealed record TorchStorage(string Type, string Key, long Elements)
{
    /// <summary>How the numbers are stored, or null if they are not floating-point numbers.</summary>
    public FloatFormat? Format => Type switch
    {
        "FloatStorage" => FloatFormat.Float32,
        "HalfStorage" => FloatFormat.Float16,
        "BFloat16Storage" => FloatFormat.BFloat16,
        "DoubleStorage" => FloatFormat.Float64,
        _ => null,
    };
}

/// <summary>A view of a storage: element (i, j, …) lies at offset + i·stride₀ + j·stride₁ + …</summary>
internal sealed record TorchTensor
{
    private readonly int offset;
    private readonly int[] sizes;
    private readonly int[] strides;

    /// <summary>A view, which must lie inside its storage.</summary>
    public TorchTensor(TorchStorage storage, long offset, IReadOnlyList<long> sizes, IReadOnlyList<long> strides)
    {
        if (sizes.Count > WeightTensor.MostDimensions || sizes.Count != strides.Count
            || sizes.Concat(strides).Append(offset).Append(storage.Elements).Any(number => number is < 0 or > int.MaxValue))
        {
            throw new InvalidDataException("holds a tensor with impossible dimensions.");
        }

        Storage = storage;
        this.offset = (int)offset;
        this.sizes = [.. sizes.Select(size => (int)size)];
        this.strides = [.. strides.Select(stride => (int)stride)];
        Elements = Count(this.sizes);

        // Sizes and strides are below 2³¹ and there are at most eight, so the sum is exact.
        var last = (Int128)offset + sizes.Zip(strides).Aggregate((Int128)0, (sum, pair) => sum + ((Int128)(pair.First - 1) * pair.Second));
        if (Elements > 0 && last >= storage.Elements)
        {
            throw new InvalidDataException($"holds a tensor that reaches beyond its {storage.Elements} stored values.");
        }
    }

    public TorchStorage Storage { get; }

    /// <summary>Number of elements, including those that share a place.</summary>
    public int Elements { get; }

    /// <summary>The elements in row-major order, from all numbers of the storage.</summary>
    public WeightTensor View(float[] stored)
    {
        if (IsContiguous())
        {
            return new WeightTensor(sizes, offset == 0 && Elements == stored.Length ? stored : stored.AsSpan(offset, Elements).ToArray());
        }

        var values = new float[Elements];
        for (var i = 0; i < values.Length; i++)
        {
            var (place, rest) = ((long)offset, i);
            for (var dimension = sizes.Length - 1; dimension >= 0; dimension--)
            {
                (rest, var index) = Math.DivRem(rest, sizes[dimension]);
                place += (long)index * strides[dimension];
            }

            values[i] = stored[place];
        }

        return new WeightTensor(sizes, values);
    }

    private bool IsContiguous()
    {
        var expected = 1L;
        for (var dimension = sizes.Length - 1; dimension >= 0; dimension--)
        {
            if (sizes[dimension] != 1 && strides[dimension] != expected)
            {
                return Elements == 0;
            }

            expected *= sizes[dimension];
        }

        return true;
    }

    private static int Count(int[] sizes)
    {
        // An empty dimension makes the tensor empty, however large the others are. The product stops growing once it is too large.
        var product = sizes.Contains(0) ? 0 : sizes.Aggregate(1L, (product, size) => product > Array.MaxLength ? product : product * size);
        return product <= Array.MaxLength
            ? (int)product
            : throw new InvalidDataException("holds a tensor with more values than an array can have.");
    }
}
