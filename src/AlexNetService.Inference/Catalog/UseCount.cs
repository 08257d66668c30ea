namespace AlexNetService.Inference.Catalog;

/// <summary>
/// Counts the users of something, its owner being the first. After the last one has left nobody can enter, so that it is freed once, when
/// unused.
/// </summary>
/// <param name="freed">Called once, on the thread of the last user.</param>
internal sealed class UseCount(Action freed)
{
    private int users = 1;

    /// <summary>Adds a user; false where the last one has left already.</summary>
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
