namespace AlexNetService.Inference.Catalog;

/// <summary>
/// Counts who uses something, its owner being the first. Nobody comes in once the last one has left, so that what is freed then is
/// freed once and under nobody's hands.
/// </summary>
/// <param name="freed">Runs once, on the thread of whoever left last.</param>
internal sealed class UseCount(Action freed)
{
    private int users = 1;

    /// <summary>Comes in; false where the last one has left already.</summary>
    public bool TryEnter()
    {
        for (var seen = Volatile.Read(ref users); seen > 0;)
        {
            var before = Interlocked.CompareExchange(ref users, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref users) == 0)
        {
            freed();
        }
    }
}
