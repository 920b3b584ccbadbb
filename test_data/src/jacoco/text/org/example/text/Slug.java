package org.example.text;

/** Turns a title into the part of an address that names it. */
public final class Slug {
    private Slug() {
    }

    public static String of(String title) {
        StringBuilder slug = new StringBuilder();
        boolean pending = false;
        for (char c : title.toLowerCase().toCharArray()) {
            if (!Character.isLetterOrDigit(c)) {
                pending = slug.length() > 0;
                continue;
            }
            if (pending) {
                slug.append('-');
                pending = false;
            }
            slug.append(c);
        }
        return slug.toString();
    }

    public static String numbered(String title, int number) {
        if (number < 2) {
            return of(title);
        }
        return of(title) + "-" + number;
    }
}
