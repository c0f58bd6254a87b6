"""The gettext catalogues (``<language>/LC_MESSAGES/sweeper.mo``) and the tool that makes them."""
