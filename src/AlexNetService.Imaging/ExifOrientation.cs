namespace AlexNetService.Imaging;

/// <summary>How a stored picture must be turned to be upright: 1 to 8 (EXIF 2.32, tag 0x0112).</summary>
internal readonly record struct ExifOrientation(int Value)
{
    /// <summary>Whether the upright picture runs against the stored columns.</summary>
    internal bool ReversesColumns => Value is 2 or 3 or 7 or 8;

    /// <summary>Whether the upright picture runs against the stored rows.</summary>
    internal bool ReversesRows => Value is 3 or 4 or 6 or 7;

    internal bool Transposes => Value is >= 5 and <= 8;

    /// <summary>Whether the picture is stored upright; values outside the standard are ignored.</summary>
    internal bool IsUpright => Value is < 2 or > 8;

    /// <summary>
    /// First column and row of the square in the middle of a stored picture, as large as the shorter side. An odd remainder goes to the
    /// right and bottom of the upright picture, not of the stored one.
    /// </summary>
    internal (int Left, int Top) Centre(int width, int height)
    {
        var (across, down) = (Math.Max(width - height, 0), Math.Max(height - width, 0));
        return ((across + (ReversesColumns ? 1 : 0)) / 2, (down + (ReversesRows ? 1 : 0)) / 2);
    }

    /// <summary>Turns a square picture: [3,side,side] → [3,side,side], written whole.</summary>
    internal void Turn(ReadOnlySpan<byte> stored, Span<byte> upright, int side)
    {
        var (first, right, down) = Steps(side);
        for (var channel = 0; channel < 3; channel++)
        {
            var source = stored.Slice(channel * side * side, side * side);
            var target = upright.Slice(channel * side * side, side * side);
            for (var row = 0; row < side; row++)
            {
                var from = first + (row * down);
                foreach (ref var pixel in target.Slice(row * side, side))
                {
                    pixel = source[from];
                    from += right;
                }
            }
        }
    }

    /// <summary>Index of the upright picture's first pixel in a stored plane, and the steps for one pixel right and one down.</summary>
    private (int First, int Right, int Down) Steps(int side)
    {
        var column = ReversesColumns ? -1 : 1;
        var row = ReversesRows ? -side : side;
        var first = (ReversesColumns ? side - 1 : 0) + (ReversesRows ? side * (side - 1) : 0);
        return Transposes ? (first, row, column) : (first, column, row);
    }
}
